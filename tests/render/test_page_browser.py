"""The page in a real browser, opened from the disk as a user does it."""

import dataclasses
import functools
import io
import os
import pathlib
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image
from summary_examples import SHOTS, Material, make_summary

pytest.importorskip("av", reason="PyAV (extra video) is not installed")
pytest.importorskip("selenium", reason="selenium (extra test) is not installed")

from made_video import beeps, make_video, read_number
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tf_dictsum.render.outputs import write_outputs
from tf_dictsum.video.reader import VideoFile

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="chromium and chromedriver are not installed"
)

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--autoplay-policy=no-user-gesture-required",
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(
        options=options, service=webdriver.ChromeService(DRIVER, log_output=os.devnull)
    )
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def folder(material: Material, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Where the material's files were written."""
    out = tmp_path_factory.mktemp("out")
    write_outputs(material.summary, out, timeline=material.line)
    return out


class Page:
    """A page that is open."""

    def __init__(
        self,
        browser: Any,
        path: pathlib.Path,
        width: int = 1200,
        height: int = 900,
        dark: bool = False,
    ):
        self.browser = browser
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.prefer(dark)
        browser.get(path.as_uri())
        browser.get_log("browser")

    def prefer(self, dark: bool) -> None:
        feature = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    def run(self, script: str, *arguments: Any) -> Any:
        return self.browser.execute_script(
            f"const video = document.getElementById('video'); {script}", *arguments
        )

    def find(self, selector: str) -> Any:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def wait(self, what: str, condition: Callable[[], bool], seconds: float = 15) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"{what}: not within {seconds} s; video: {self.state()}"
            time.sleep(0.05)

    def state(self) -> Any:
        return self.run(
            "return [video.currentSrc.slice(-30), video.currentTime, video.readyState, "
            "video.paused, String(video.error)]"
        )

    def ready(self) -> "Page":
        self.wait("picture", lambda: self.run("return video.readyState >= 2 && !video.seeking"))
        return self

    def at(self, seconds: float) -> None:
        """Waits until the player is there, to the hundredth of a second."""
        there = "return !video.seeking && Math.abs(video.currentTime - arguments[0]) < 0.01"
        self.wait(f"{seconds:.3f} s", lambda: self.run(there, seconds))

    def keys(self, *keys: str) -> None:
        webdriver.ActionChains(self.browser).send_keys(*keys).perform()

    def frame(self) -> int:
        """The number of the frame that the player shows."""
        self.run("video.controls = false; video.scrollIntoView({block: 'center'});")
        self.run(
            "return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        time.sleep(0.15)
        picture = np.asarray(
            Image.open(io.BytesIO(self.find("#video").screenshot_as_png)).convert("RGB")
        )
        self.run("video.controls = true;")
        height, width = picture.shape[:2]
        shown = min(width, round(height * 16 / 9))  # black bars left and right
        left = (width - shown) // 2
        return read_number(picture[:, left : left + shown])


@pytest.fixture
def page(browser: Any, folder: pathlib.Path) -> Iterator[Page]:
    page = Page(browser, folder / "holiday-summary.html").ready()
    yield page
    assert page.browser.get_log("browser") == []


def test_a_click_on_a_key_frame_seeks_the_player_to_that_very_frame(page: Page):
    for number, (seconds, frame) in enumerate([(2.0, 60), (5.0, 150)], 1):
        page.find(f"a[aria-label='Key frame {number}, 00:0{int(seconds)}.000']").click()
        page.at(seconds)
        assert page.frame() == frame
    assert page.find("a.card[aria-current=true]").get_attribute("data-segment") == "1"
    assert page.find("tr[aria-current=true]").get_attribute("data-segment") == "1"
    assert page.find("#status").get_attribute("textContent") == "Key frame 2, 00:05.000"


def test_arrows_go_from_shot_to_shot(page: Page):
    for key, seconds, frame in [
        (Keys.ARROW_RIGHT, 40 / 30, 40),
        (Keys.ARROW_RIGHT, 4.0, 120),
        (Keys.ARROW_RIGHT, 4.0, 120),
        (Keys.ARROW_LEFT, 40 / 30, 40),
        (Keys.ARROW_LEFT, 40 / 30, 40),
    ]:
        page.keys(key)
        page.at(seconds)
        assert page.frame() == frame
    assert page.find("#status").get_attribute("textContent") == "Shot 2, 1 of 2 chosen, 0:01"


def test_arrows_pressed_quickly_are_all_counted(page: Page):
    page.keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    page.at(4.0)
    page.keys(Keys.ARROW_LEFT)
    page.at(40 / 30)


def test_space_plays_and_pauses_wherever_the_focus_is(page: Page):
    for selector in ("body", "#video", "a.card", "#timeline"):
        page.run(
            "const part = document.querySelector(arguments[0]); if (part.tabIndex >= 0) "
            "part.focus();",
            selector,
        )
        top = page.run("return window.scrollY")
        page.keys(Keys.SPACE)
        page.wait(f"playing, focus on {selector}", lambda: not page.run("return video.paused"))
        page.wait("the button says Pause", lambda: page.find("#play").text == "Pause")
        begin = page.run("return video.currentTime")
        past = f"return video.currentTime > {begin}"
        page.wait("progress", functools.partial(page.run, past))
        page.keys(Keys.SPACE)
        page.wait(f"paused, focus on {selector}", lambda: page.run("return video.paused"))
        page.wait("the button says Play", lambda: page.find("#play").text == "Play")
        assert page.run("return window.scrollY") == top  # where it would scroll the page


def test_enter_on_a_key_frame_and_buttons(page: Page):
    page.run("document.querySelectorAll('a.card')[1].focus()")
    page.keys(Keys.ENTER)
    page.at(5.0)
    page.find("#previous").click()
    page.at(4.0)
    page.find("#next").click()
    page.at(4.0)
    page.run("document.getElementById('previous').focus()")
    page.keys(Keys.SPACE)  # a button keeps its own meaning
    page.at(40 / 30)
    assert page.run("return video.paused")
    page.find("td a[data-seconds]").click()
    page.at(40 / 30)


def test_the_focus_can_be_seen_and_reaches_everything(page: Page):
    page.run("document.body.focus()")
    reached = []
    for _ in range(18):
        page.keys(Keys.TAB)
        name, outline = page.run(
            "const part = document.activeElement, style = getComputedStyle(part.id === "
            "'mode-whole' ? part.nextElementSibling : part);"
            "return [part.id || part.className || part.tagName, style.outlineStyle + "
            "style.outlineWidth]"
        )
        if name not in ("BODY", "video"):  # the player draws its own
            assert outline == "solid3px", name
        reached.append(name)
    for name in ("theme", "video", "mode-whole", "previous", "play", "next", "timeline", "card"):
        assert name in reached
    assert reached.count("card") == 2


def test_a_click_on_the_timeline_seeks(page: Page):
    line = page.find("#timeline")
    webdriver.ActionChains(page.browser).move_to_element_with_offset(
        line, line.size["width"] // 4, 0
    ).click().perform()
    page.at(6.0)
    assert page.run(
        "return document.getElementById('head').getBoundingClientRect().left"
    ) == pytest.approx(line.location["x"] + line.size["width"] * 0.75, abs=4)
    assert line.get_attribute("aria-valuetext") in (
        "0:06 of 0:08",
        "0:05 of 0:08",
    )  # 5.99 s or 6.00 s: a pixel more or less
    page.keys(Keys.END)
    page.wait("the end", lambda: page.run("return video.currentTime") > 7.9)
    page.run("document.getElementById('timeline').focus()")
    page.keys(Keys.HOME)
    page.at(0.0)


def test_the_summary_clip_in_the_same_player(page: Page):
    page.find("label[for=mode-clip]").click()
    page.ready()
    assert page.run("return video.currentSrc").endswith("holiday-summary.mp4")
    page.find("a[aria-label='Key frame 2, 00:05.000']").click()
    page.at(50 / 30 + 1)
    assert page.frame() == 150
    assert page.find("#timeline").get_attribute("aria-valuenow") == "5.00"
    page.keys(Keys.ARROW_LEFT)
    page.at(50 / 30)
    assert page.frame() == 120
    page.find("label[for=mode-whole]").click()
    page.ready()
    page.find("label[for=mode-clip]").click()
    page.ready()
    page.keys(Keys.ARROW_LEFT)  # a click on the switch leaves the keys to the shots
    assert page.run("return video.currentSrc").endswith("holiday-summary.mp4")
    page.at(0.0)
    page.keys(Keys.ARROW_RIGHT)
    page.at(50 / 30)
    page.run("document.getElementById('mode-clip').focus()")
    page.keys(Keys.ARROW_LEFT)  # the switch keeps its own meaning
    page.ready()
    assert page.run("return video.currentSrc").endswith("holiday.mp4")
    page.at(4.0)
    assert page.frame() == 120


def test_light_and_dark(browser: Any, folder: pathlib.Path):
    page = Page(browser, folder / "holiday-summary.html", dark=False)

    def ground() -> int:
        return sum(
            int(part)
            for part in page.run(
                "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g)"
            )
        )

    page.run("localStorage.clear()")
    page = Page(browser, folder / "holiday-summary.html", dark=False)
    assert ground() > 600
    page.prefer(True)
    page.wait("dark", lambda: ground() < 150)
    page.wait(
        "the button says so", lambda: page.find("#theme").get_attribute("aria-pressed") == "true"
    )
    page.find("#theme").click()
    assert ground() > 600
    page = Page(
        browser, folder / "holiday-summary.html", dark=True
    )  # the reader's choice outlives the page
    assert ground() > 600
    assert page.find("#theme").get_attribute("aria-pressed") == "false"
    page.run("localStorage.clear()")


@pytest.mark.parametrize("width", [320, 390, 800, 1600])
def test_nothing_sticks_out_at_any_width(browser: Any, folder: pathlib.Path, width: int):
    page = Page(browser, folder / "holiday-summary.html", width=width).ready()
    assert page.run(
        "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    assert page.run("return document.getElementById('video').getBoundingClientRect().height") < 800


def test_it_asks_for_nothing_but_the_video(browser: Any, folder: pathlib.Path):
    page = Page(browser, folder / "holiday-summary.html").ready()
    asked = page.run("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert all(name.endswith(".mp4") or name.startswith("data:") for name in asked)


def test_hostile_names_do_nothing_and_play(
    browser: Any, tmp_path: pathlib.Path, material: Material
):
    name = (
        "a\"><script>window.hacked=1<script><img src=x onerror='window.hacked=1'>#?%41&amp;日本 é"
    )
    text = "</script><script>window.hacked=1</script><img src=x onerror='window.hacked=1'>"
    video = tmp_path / f"{name}.mp4"
    shutil.copy(material.video, video)
    summary = dataclasses.replace(
        material.summary,
        video=str(video),
        name=name,
        method_text=text,
        warnings=(text,),
        model=text,
    )
    files = write_outputs(summary, tmp_path / "out", timeline=material.line)
    page = Page(browser, files[-1]).ready()
    assert page.run("return window.hacked === undefined")
    assert page.browser.title == f"{name} – summary"
    assert page.find(".method").text == text
    page.find("a.card").click()
    page.at(2.0)
    page.find("label[for=mode-clip]").click()
    page.ready()
    page.at(20 / 30)


def test_what_the_browser_cannot_play_is_replaced_by_the_clip(browser: Any, tmp_path: pathlib.Path):
    """MPEG-4 part 2 in AVI: no browser plays it, all play the clip."""
    video = make_video(
        tmp_path / "old.avi",
        240,
        size=(256, 144),
        codec="mpeg4",
        sounds=[beeps(8)],
        audio_codec="pcm_s16le",
    )
    file = VideoFile(video)
    files = write_outputs(
        make_summary(video, file.info, file.scan(), SHOTS, [1, 3]), tmp_path, timeline=file.timeline
    )
    page = Page(browser, files[-1])
    page.wait(
        "the clip",
        lambda: page.run(
            "return video.readyState >= 2 && video.currentSrc.endsWith('old-summary.mp4')"
        ),
    )
    assert "cannot play the video itself" in page.find("#problem").text
    page.find("a[aria-label^='Key frame 2,']").click()
    page.wait(
        "the key frame", lambda: abs(page.run("return video.currentTime") - (50 / 30 + 1)) < 0.05
    )


def test_a_video_and_a_clip_that_were_moved_away(
    browser: Any, tmp_path: pathlib.Path, material: Material
):
    files = write_outputs(material.summary, tmp_path, ["mp4", "html"], timeline=material.line)
    files[0].unlink()
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    page = Page(browser, pathlib.Path(shutil.copy(files[1], moved)))
    page.wait(
        "the notice",
        lambda: (
            page.find("#problem").is_displayed()
            and "Keep this page beside" in page.find("#problem").text
        ),
    )


def test_a_page_without_a_video(browser: Any, tmp_path: pathlib.Path, material: Material):
    (path,) = write_outputs(
        make_summary(None, None, material.line, SHOTS, [1, 3]), tmp_path, ["html"]
    )
    page = Page(browser, path)
    assert page.browser.find_elements(By.TAG_NAME, "video") == []
    page.find("#theme").click()
    assert page.browser.get_log("browser") == []
    page.browser.execute_script("localStorage.clear()")
