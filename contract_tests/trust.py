"""TLS as a run is told: whose certificates are trusted, and which one the client shows."""

import ssl

from contract_tests.options import Options
from understudy.contract.errors import UsageError

__all__ = ["context"]


def context(options: Options) -> ssl.SSLContext:
    """The settings of every connection over TLS. Raises UsageError for files that are not there or hold no certificate or key."""
    for flag, file in (("--ca", options.ca), ("--cert", options.cert), ("--key", options.key)):
        if file is not None and not file.is_file():
            raise UsageError(f"{flag} {file}: The file is not there.")
    try:
        made = ssl.create_default_context(cafile=str(options.ca) if options.ca else None)
        if options.cert:
            made.load_cert_chain(str(options.cert), str(options.key) if options.key else None)
    except ssl.SSLError as error:
        raise UsageError(f"--ca, --cert, --key: These files hold no certificate and its key ({error.reason or error}).") from None
    if options.insecure:
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made
