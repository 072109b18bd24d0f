"""The student: the paper's selector, trained on unlabelled videos to give the teacher's ranks in
one pass.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import keras

from tf_dictsum.data.batches import Extra
from tf_dictsum.data.video import Video
from tf_dictsum.methods.keras_method import KerasMethod
from tf_dictsum.methods.logs import Criterion, Log, scores_logs
from tf_dictsum.methods.optimizers import Adam
from tf_dictsum.methods.salience.settings import StudentSettings
from tf_dictsum.methods.salience.student_model import StudentModel
from tf_dictsum.methods.salience.teacher import targets

__all__ = ["SalienceStudent"]


class SalienceStudent(KerasMethod):
    """Learns `collection_salience` of the training videos; what it has not seen it scores without
    them.
    """

    name: ClassVar[str] = "salience_student"
    Settings = StudentSettings
    criterion = Criterion.lowest("correlation")
    logs: ClassVar[Mapping[str, Log]] = {
        "correlation": Log("loss/correlation", "corr"),
        **scores_logs(),
    }

    settings: StudentSettings
    model: StudentModel

    def build(self, seed: int) -> StudentModel:
        return StudentModel(self.setup.input_size, self.settings, seed, name="student")

    def optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        return {"selector": Adam(self.settings.learning_rate, epsilon=1e-8, name="adam_selector")}

    def extras(self, videos: Sequence[Video]) -> Mapping[str, Extra]:
        return {"target": Extra(targets(videos, self.settings), per_step=True)}
