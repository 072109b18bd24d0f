"""One small video with sound, read once, and its summary."""

import pytest


@pytest.fixture(scope="session")
def material(tmp_path_factory):
    """240 numbered frames at 30 fps, a beep every second, five shots, the second and the fourth
    chosen.
    """
    pytest.importorskip("av", reason="PyAV (extra video) is not installed")
    from made_video import beeps, make_video
    from summary_examples import SHOTS, Material, make_summary

    from tf_dictsum.video.reader import VideoFile

    video = make_video(
        tmp_path_factory.mktemp("material") / "holiday.mp4", 240, size=(256, 144), sounds=[beeps(8)]
    )
    file = VideoFile(video)
    line = file.scan()
    return Material(video, file.info, line, make_summary(video, file.info, line, SHOTS, [1, 3]))
