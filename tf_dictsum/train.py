"""python -m tf_dictsum.train: trains a summarizer on a feature file, for every split and seed, and
resumes what it finds.

python -m tf_dictsum.train --dataset=demo
python -m tf_dictsum.train --flagfile=configs/summe.flags --dataset=FILE.h5 --splits=FILE.json
"""

import sys

from tf_dictsum.method_flags import (
    config_from_flags,
    define_run_flags,
    without_foreign_defaults,
)
from tf_dictsum.util import flags as cli

__all__ = ["main", "run"]


def main(argv: list[str]) -> None:
    """Trains as the flags say and prints the results table. Raises UserError for bad input."""
    config = config_from_flags()
    from tf_dictsum.training.running import train

    try:
        result = train(config)
    except KeyboardInterrupt:
        print(
            "\ninterrupted; the same command goes on from the last finished epoch", file=sys.stderr
        )
        sys.exit(130)
    print(result.markdown)


run = cli.command(
    main,
    define=lambda argv: define_run_flags(argv),
    rewrite=without_foreign_defaults,
)


if __name__ == "__main__":
    run()
