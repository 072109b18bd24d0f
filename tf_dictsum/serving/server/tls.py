"""TLS for REST and metrics, and a check of the TLS file for both front ends."""

import os
import ssl
import tempfile

from tf_dictsum.serving.config.files import TLS
from tf_dictsum.util.errors import UserError

__all__ = ["server_context"]


def server_context(tls: TLS) -> ssl.SSLContext:
    """A server's context: its key and certificate, and whom it lets in.

    Raises:
      UserError: key and certificate do not fit, or OpenSSL does not read one of them.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    # OpenSSL's Python interface reads keys from files only; this one is the owner's alone.
    with tempfile.NamedTemporaryFile(suffix=".pem", delete=False) as file:
        file.write(f"{tls.server_key}\n{tls.server_cert}".encode())
    try:
        context.load_cert_chain(file.name, password=lambda: b"")  # never asks at the terminal
        if tls.custom_ca:
            context.load_verify_locations(cadata=tls.custom_ca)
    except (ssl.SSLError, ValueError) as error:
        raise UserError(
            "the key and certificate of `ssl_config_file` do not fit, or are not understood: "
            f"{getattr(error, 'reason', None) or error}."
        ) from None
    finally:
        os.unlink(file.name)
    if tls.client_verify:
        context.verify_mode = ssl.CERT_REQUIRED
    return context
