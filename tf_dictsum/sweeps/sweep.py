"""A sweep: what is left of its jobs, then its table."""

import functools
import os
import pathlib
import time
from collections.abc import Sequence
from typing import Any

from absl import logging

from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.methods.registry import REFERENCE
from tf_dictsum.sweeps.grid import Job, Variant, jobs_of
from tf_dictsum.sweeps.hparams import write_hparams
from tf_dictsum.sweeps.pool import run_jobs
from tf_dictsum.sweeps.summary import summarize
from tf_dictsum.sweeps.work import finished, kind_of, run_job, write_outcome
from tf_dictsum.training.chosen_splits import chosen_splits
from tf_dictsum.training.config import RunConfig
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import write_json, write_text
from tf_dictsum.util.locks import locked_folder

__all__ = ["sweep"]


def sweep(
    base: RunConfig,
    variants: Sequence[Variant],
    *,
    workers: int = 1,
    threads: int = 0,
    reference: str = "",
    train: bool = True,
) -> tuple[dict[str, Any], str, dict[str, str]]:
    """Runs every variant × seed × split that is not done yet, and writes sweep.json, sweep.md and
    hparams/.

    Args:
      base: names the folder (run_dir), the data and the splits.
      variants: what is compared.
      workers: processes at a time.
      threads: of each; 0: the machine's cores, shared out.
      reference: variant that the others are tested against; "": the first of the reference method
        (sum_gan_aae), if there is one.
      train: False only makes the tables of what is there.

    Returns:
      The contents of sweep.json and sweep.md, and job name -> error of those that failed (in this
      call or before it).

    Raises:
      UserError: bad data or splits, another sweep in the same folder, a reference that is no
        variant, nothing finished.
    """
    folder = pathlib.Path(base.run_dir)
    dataset = load_dataset(base.dataset)
    splits = chosen_splits(base, dataset)
    jobs = jobs_of(variants, splits, folder)
    names = [variant.name for variant in variants]
    if reference and reference not in names:
        raise UserError(f"reference={reference}: no such variant; there are {', '.join(names)}.")
    reference = reference or next(
        (v.name for v in variants if v.config.method.method == REFERENCE), ""
    )
    with locked_folder(
        folder, ".sweep.lock", "the sweep's folder", "another sweep is running in this folder"
    ):
        done = {job.name for job in jobs if finished(job, dataset)}
        failed: dict[str, str] = {}
        if train:
            failed = _run(
                [job for job in jobs if job.name not in done],
                dataset,
                workers,
                threads,
                len(done),
                len(jobs),
            )
            done = {job.name for job in jobs if finished(job, dataset)}
        if not done:
            first = f" The first error: {next(iter(failed.values()))}" if failed else ""
            raise UserError(
                f"{folder}: no job of this sweep is finished, so there is no table.{first}"
            )
        report = summarize(
            variants,
            [job for job in jobs if job.name in done],
            len(jobs),
            dataset,
            splits,
            reference,
            failed,
        )
        table, markdown = report.to_dict(), report.to_markdown()
        write_json(folder / "sweep.json", table)
        write_text(folder / "sweep.md", markdown)
        write_hparams(folder / "hparams", variants, report.report)
    return table, markdown, failed


def _run(
    jobs: Sequence[Job], dataset: Any, workers: int, threads: int, done: int, total: int
) -> dict[str, str]:
    """Job name -> error."""
    workers = max(1, min(workers, len(jobs)))
    threads = threads or max(1, (os.cpu_count() or 1) // workers)
    logging.info(
        "%d of %d jobs are done; %d to run in %d processes of %d threads.",
        done,
        total,
        len(jobs),
        workers,
        threads,
    )
    failed, started = {}, time.monotonic()
    for count, (job, seconds, error) in enumerate(
        run_jobs(jobs, functools.partial(run_job, threads=threads), workers, kind_of), 1
    ):
        if error:
            failed[job.name] = error
        write_outcome(job, dataset, error, seconds or 0.0)
        left = (time.monotonic() - started) / count * (len(jobs) - count)
        how = f"FAILED: {error} Its log: {job.folder / 'log.txt'}" if error else f"{seconds:.0f} s"
        logging.info(
            "%s: %s (%d/%d, about %.0f min left)", job.name, how, done + count, total, left / 60
        )
    return failed
