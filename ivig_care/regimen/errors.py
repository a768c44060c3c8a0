"""What the regimen can refuse; each error carries its values and writes its own sentence."""

from ivig_care.regimen.words import say


class RegimenError(Exception):
    """The regimen cannot decide with what it was given."""


class DocumentError(RegimenError):
    """A document does not say what it must; `path` names the place, as in `protocol.steps[2].offset`."""

    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path or 'document'}: {problem}")


class UnsetValues(RegimenError):
    """A protocol leaves values to the prescriber, and these have not been given."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        super().__init__("not prescribed yet: " + ", ".join(names))


class UnknownZone(RegimenError):
    """A time zone name is not in the IANA database."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"unknown time zone {name!r}; expected a name such as America/New_York")


class ScheduleTooLong(RegimenError):
    """A course would make more doses than any infusion can have; its interval or its end is wrong."""

    def __init__(self, course: str, limit: int) -> None:
        self.course = course
        self.limit = limit
        super().__init__(f"course {course!r} would have more than {limit} doses; check how often and until when")


class TransitionRefused(RegimenError):
    """A step cannot go from the state it is in to the one asked for."""

    def __init__(self, state: str, event: str) -> None:
        self.state = state
        self.event = event
        super().__init__(f"a step that is {state} cannot be {event}")


class SnoozeRefused(RegimenError):
    """A step may not be put off as asked; the text says why, in a sentence for the person who asked."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(say("This cannot be put off: {reason}.", reason=reason))
