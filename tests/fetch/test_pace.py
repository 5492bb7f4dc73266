"""Turns to ask a host: so many a second, and the patient only while nobody else waits."""

import threading

import pytest

from quarrydb.fetch.pace import PATIENCE_S, Limiter
from quarrydb.fetch.policy import Policy


class Pause(threading.Event):
    """Notes how long was to be waited, and what the limiter knew then."""

    def __init__(self, limiter: Limiter) -> None:
        super().__init__()
        self.limiter = limiter
        self.waited: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for nothing: who was before goes on."""
        self.waited.append(timeout or 0.0)
        if timeout == PATIENCE_S and len(self.waited) == 3:
            self.limiter.n_waiting.clear()
        return False


@pytest.fixture
def limiter(monkeypatch: pytest.MonkeyPatch) -> Limiter:
    """A limiter whose clock stands still."""
    monkeypatch.setattr("quarrydb.fetch.pace.time.monotonic", lambda: 7.0)
    return Limiter(Policy(rates={"slow.org": 1.0}))


def test_each_host_has_its_own_turns(limiter: Limiter) -> None:
    pause = Pause(limiter)
    for host in ("a.org", "a.org", "slow.org", "a.org", "slow.org", "slow.org"):
        limiter.wait(host, pause)
    assert pause.waited == pytest.approx([0.01, 0.02, 1.0, 2.0])
    assert not +limiter.n_waiting


def test_the_patient_let_others_go_before_and_keep_the_limit(limiter: Limiter) -> None:
    pause = Pause(limiter)
    limiter.wait("a.org", pause)
    limiter.n_waiting["a.org"] = 2
    limiter.wait("a.org", pause, is_patient=True)
    assert pause.waited == pytest.approx([PATIENCE_S] * 3 + [0.01])
    limiter.wait("b.org", pause, is_patient=True)
    assert len(pause.waited) == 4
    assert not +limiter.n_waiting


def test_the_patient_stop_when_told(limiter: Limiter) -> None:
    limiter.n_waiting["a.org"] = 1
    stopped = threading.Event()
    stopped.set()
    limiter.wait("a.org", stopped, is_patient=True)
