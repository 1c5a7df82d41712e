"""What can go wrong with the rig, each kind apart, because pytest treats them apart.

RigError
├── UnavailableError   the binaries cannot be had on this machine: the tier is not run (with CI=true: an error)
├── StartError         they are there and do not come up: always an error
└── ApiError           a server answered, but not as asked
"""


class RigError(Exception):
    """The control plane does not do what was asked; the words are for a person."""


class UnavailableError(RigError):
    """No control plane can be had here: no network, no space, no Go."""


class StartError(RigError):
    """A server ended or did not answer in time; the words carry the end of its log."""


class ApiError(RigError):
    """The API server or etcd refused a request."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"HTTP {status}: {message}")
        self.status = status
