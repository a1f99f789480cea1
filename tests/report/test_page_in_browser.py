"""The page as a reader meets it: in a browser, with keys, wheel and mouse."""

import pytest

SLICE = "Number(document.querySelector('#canvas').dataset.slice)"
# Where the picture of slice 4, pixel (25, 29), is on the canvas, as grey levels.
GREY = """(() => {
  const canvas = document.querySelector('#canvas');
  const x = Math.round(28.9 / 48 * canvas.width), y = Math.round(25.5 / 60 * canvas.height);
  return canvas.getContext('2d').getImageData(x, y, 1, 1).data[0];
})()"""
COLOURED = """(() => {
  const canvas = document.querySelector('#canvas');
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let count = 0;
  for (let i = 0; i < pixels.length; i += 4) if (pixels[i] - pixels[i + 2] > 60) count++;
  return count;
})()"""


@pytest.fixture
def tab(browser, saved):
    browser.events.clear()
    browser.open(saved / "report.html")
    browser.wait(f"{SLICE} === 3")
    browser.run("document.querySelector('#film').focus()")
    return browser


def box(tab, selector):
    """(x, y, width, height) of an element, brought into view."""
    tab.run(f"document.querySelector('{selector}').scrollIntoView({{block: 'center'}})")
    found = tab.run(f"document.querySelector('{selector}').getBoundingClientRect().toJSON()")
    return [found[name] for name in ("x", "y", "width", "height")]


def test_the_viewer_opens_on_the_fullest_slice_with_its_outline(tab):
    # 34 HU in a window from 0 to 80.
    assert tab.run(GREY) == pytest.approx(34 / 80 * 255, abs=8)
    assert tab.run(COLOURED) > 100
    assert tab.run("document.querySelector('#where-slice').textContent") == "Slice 4 of 8"
    assert tab.run("document.querySelector('#where-amount').textContent") == "3.5 mL in this slice"


@pytest.mark.parametrize(
    ("key", "index"),
    [("ArrowUp", 4), ("ArrowDown", 2), ("PageUp", 7), ("Home", 0), ("End", 7), ("n", 4)],
)
def test_keys_move_through_the_slices(tab, key, index):
    tab.press(key)

    tab.wait(f"{SLICE} === {index}")
    assert tab.run("Number(document.querySelector('#slider').value)") == index + 1


def test_keys_change_the_window_and_hide_the_outlines(tab):
    tab.press("2")
    # 34 HU in a window from -20 to 180.
    tab.wait(f"Math.abs({GREY} - {54 / 200 * 255}) < 8")

    tab.press("c")

    tab.wait(f"{COLOURED} === 0")


def test_the_wheel_moves_and_lets_the_page_scroll_at_the_end(tab):
    x, y, width, height = box(tab, "#film")
    middle = {"x": x + width / 2, "y": y + height / 2}

    tab.mouse("mouseWheel", **middle, deltaX=0, deltaY=-100)
    tab.wait(f"{SLICE} === 4")
    tab.press("Home")
    tab.wait(f"{SLICE} === 0")
    before = tab.run("scrollY")
    tab.mouse("mouseWheel", **middle, deltaX=0, deltaY=100)

    tab.wait(f"scrollY > {before}")


def test_dragging_moves_through_the_slices(tab):
    x, y, width, height = box(tab, "#film")

    held = {"button": "left", "buttons": 1}
    tab.mouse("mousePressed", x + width / 2, y + height / 2, clickCount=1, **held)
    tab.mouse("mouseMoved", x + width / 2, y + height / 2 - height / 12, **held)
    tab.mouse("mouseReleased", x + width / 2, y + height / 2, button="left", clickCount=1)

    # A twelfth of the height of a film on which the whole height stands for 24 slices.
    tab.wait(f"{SLICE} === 5")


def test_a_click_on_the_profile_goes_to_the_slice_that_lies_there(tab):
    x, y, width, height = box(tab, "#profile svg")

    at = (x + width / 2, y + height * (1 - 1.5 / 8))
    tab.mouse("mousePressed", *at, button="left", buttons=1, clickCount=1)
    tab.mouse("mouseReleased", *at, button="left", clickCount=1)

    tab.wait(f"{SLICE} === 1")


def test_a_key_slice_opens_in_the_viewer(tab):
    tab.press("Home")
    tab.wait(f"{SLICE} === 0")

    tab.run("document.querySelector('.keys a').click()")

    tab.wait(f"{SLICE} === Number(document.querySelector('.keys a').dataset.slice)")


def test_the_page_asks_for_nothing_and_complains_of_nothing(tab, saved):
    for key in ("ArrowUp", "3", "c", "n", "End"):
        tab.press(key)
    tab.wait(f"{SLICE} === 7")

    assert tab.complaints() == []
    assert tab.requests() == [(saved / "report.html").resolve().as_uri()]


def test_the_policy_stops_what_a_stranger_would_add(tab):
    ran = tab.run(
        "(() => { const s = document.createElement('script'); s.textContent = 'window.bad = 1';"
        "document.head.append(s); return window.bad === 1; })()"
    )
    sent = tab.run("fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'stopped')")

    assert not ran
    assert sent == "stopped"
    assert any("Content Security Policy" in str(event) for event in tab.complaints())


@pytest.mark.parametrize("width", [360, 800, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_fits_every_width_in_light_and_dark(browser, saved, width, dark):
    browser.open(saved / "report.html", width, dark=dark)
    browser.wait(f"{SLICE} === 3")

    background = browser.run("getComputedStyle(document.body).backgroundColor")

    assert browser.run("document.documentElement.scrollWidth") == width
    brightness = int(background.split("(")[1].split(",")[0])
    assert (brightness < 60) if dark else (brightness > 200)
