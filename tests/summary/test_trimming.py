import dataclasses

import clips
import numpy as np

from tf_dictsum.footage.footage import Footage
from tf_dictsum.summary.budget import Budget
from tf_dictsum.summary.selectors import Trained
from tf_dictsum.summary.summarizing import summarize
from tf_dictsum.summary.trimming import trim_to_cuts
from tf_dictsum.video.reader import VideoFile


def make(tmp_path, cuts, frames=150, wanted=(1,)):
    """A video whose picture changes at `cuts`, its summary by shots that begin at the next sampled frame."""

    def picture(number, width, height):
        return clips.picture(20 * int(np.searchsorted(cuts, number, side="right")), width, height)

    path = clips.write_clip(tmp_path / "v.mp4", frames=frames, make=picture)
    line = VideoFile(path).scan()
    picks = np.arange(0, frames, 15)
    starts = np.array([0, *(-(-cut // 15) * 15 for cut in cuts)])
    shots = np.stack([starts, np.append(starts[1:], frames) - 1], axis=1)
    scores = np.where(np.isin(np.searchsorted(starts, picks, side="right") - 1, wanted), 0.9, 0.0)
    footage = Footage(
        str(path), "v", 160, 96, line, picks, np.eye(len(picks), dtype=np.float32), {}, shots
    )
    return summarize(footage, Trained(lambda features: scores, "m", "", ""), Budget(0.8)), line


def ends(summary):
    return [(s.start_frame, s.end_frame) for s in summary.segments]


def test_a_segment_ends_before_the_cut(tmp_path):
    summary, line = make(tmp_path, [40, 82], wanted=(1,))
    assert ends(summary) == [(45, 89)]
    found = trim_to_cuts(summary, line)
    assert ends(found) == [(45, 81)]
    assert found.segments[0].end == line.ends[81]
    assert found.change_points is summary.change_points


def test_neighbours_in_the_clip_and_the_end_of_the_video_stay(tmp_path):
    summary, line = make(tmp_path, [40, 82], wanted=(1, 2))
    assert ends(trim_to_cuts(summary, line)) == ends(summary) == [(45, 89), (90, 149)]


def test_without_a_cut_nothing_changes(tmp_path):
    summary, line = make(tmp_path, [], wanted=(0,))
    parts = np.array([[0, 74], [75, 149]])
    summary = dataclasses.replace(
        summary,
        change_points=parts,
        segments=(dataclasses.replace(summary.segments[0], end_frame=74),),
    )
    assert ends(trim_to_cuts(summary, line)) == [(0, 74)]


def test_a_cut_at_the_sampled_frame_itself(tmp_path):
    summary, line = make(tmp_path, [45, 90], wanted=(1,))
    assert ends(trim_to_cuts(summary, line)) == [(45, 89)]


def test_without_the_video(tmp_path):
    summary, line = make(tmp_path, [40, 82])
    summary = dataclasses.replace(summary, video="")
    assert trim_to_cuts(summary, line) is summary
