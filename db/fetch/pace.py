"""How fast and how often a host is asked: requests a second, and the pauses between tries."""

import random
import threading
import time
from collections import Counter

from quarrydb.errors import NetworkError
from quarrydb.fetch.address import host_of
from quarrydb.fetch.policy import Policy
from quarrydb.fetch.reply import PassingError

PATIENCE_S = 0.05  # after which those who let others go before look again


class Limiter:
    """At most so many requests a second to each host, over all threads."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.lock = threading.Lock()
        self.next: dict[str, float] = {}
        self.n_waiting: Counter[str] = Counter()  # for a host, of those who let nobody go before

    def wait(self, host: str, pause: threading.Event, *, is_patient: bool = False) -> None:
        """Wait for this thread's turn; the patient take one only while nobody else waits."""
        while is_patient and self.n_waiting[host] and not pause.is_set():
            pause.wait(PATIENCE_S)
        with self.lock:
            self.n_waiting[host] += not is_patient
            now = time.monotonic()
            turn = max(self.next.get(host, 0.0), now)
            self.next[host] = turn + 1 / self.policy.rate_of(host)
        try:
            if turn > now:
                pause.wait(turn - now)
        finally:
            with self.lock:
                self.n_waiting[host] -= not is_patient

    def hold(self, host: str, seconds: float) -> None:
        """Let nobody ask a host for so long."""
        with self.lock:
            self.next[host] = max(self.next.get(host, 0.0), time.monotonic() + seconds)


class Attempts:
    """Tries at one thing, with growing pauses between them."""

    def __init__(self, address: str, limiter: Limiter, stopped: threading.Event) -> None:
        self.address, self.limiter, self.stopped = address, limiter, stopped
        self.n = 0

    def failed(self, fault: PassingError) -> None:
        """Wait for the next try; NetworkError where there have been enough, or the wait is too long."""
        policy = self.limiter.policy
        self.n += 1
        host = host_of(self.address)
        if self.n >= policy.attempts:
            raise NetworkError(
                f"{self.address}: the server {fault}, {self.n} times. Run the same command later: "
                "what is here is kept."
            ) from fault
        wait = policy.backoff_s * 2 ** (self.n - 1) * random.uniform(0.75, 1.25)
        if fault.wait_s is not None:
            if fault.wait_s > policy.longest_wait_s:
                raise NetworkError(
                    f"{host} asks to wait {fault.wait_s / 60:,.0f} minutes. Run the same command "
                    "then: what is here is kept."
                ) from fault
            wait = max(wait, fault.wait_s)
            self.limiter.hold(host_of(str(policy.mirrored(self.address))), fault.wait_s)
        self.stopped.wait(wait)
