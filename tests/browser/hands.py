"""How somebody works the site: with a thumb, with a thumb and no JavaScript, or with nothing but the keyboard.

One story is told once, and each of them can do it.
"""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

# The way round a page and its browser is not longer than that.
MOST_TABS = 250
IS_BESIDE = "(one) => one.type === 'radio' && document.activeElement.name === one.name"
IS_FOCUSED = "(one) => one === document.activeElement"


class Thumb:
    """Taps and types on a phone."""

    device_scripts = True

    def __init__(self, page: Page) -> None:
        self.page = page
        self.taps = 0

    def press(self, target: Locator) -> None:
        """Press a button, follow a link, choose a radio button or tick a box."""
        self.taps += 1
        expect(target).to_be_visible()
        target.tap()

    def write(self, target: Locator, words: str) -> None:
        """Write into a field; going there is a tap."""
        self.taps += 1
        target.fill(words)


class ThumbWithoutScript(Thumb):
    """The same where no script runs: on an old phone, behind a strict proxy, or before it has loaded."""

    device_scripts = False


class Keyboard(Thumb):
    """Never touches the screen: Tab goes on, Enter or Space presses."""

    def press(self, target: Locator) -> None:
        """Press what the focus is led to."""
        self.taps += 1
        self._go_to(target)
        kind = target.evaluate("(one) => one.type === 'radio' || one.type === 'checkbox' ? 'Space' : 'Enter'")
        self.page.keyboard.press(kind)

    def write(self, target: Locator, words: str) -> None:
        """Type into what the focus is led to."""
        self.taps += 1
        self._go_to(target)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(words)

    def _go_to(self, target: Locator) -> None:
        expect(target).to_be_visible()
        for _ in range(MOST_TABS):
            if target.evaluate(IS_FOCUSED):
                return
            # Of radio buttons only one is on the way; the arrows lead to the others.
            self.page.keyboard.press("ArrowDown" if target.evaluate(IS_BESIDE) else "Tab")
        raise AssertionError(f"the keyboard does not lead to {target}")


HANDS: dict[str, type[Thumb]] = {"thumb": Thumb, "thumb without script": ThumbWithoutScript, "keyboard": Keyboard}
