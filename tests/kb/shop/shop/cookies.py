"""Cookies that carry the basket, signed so that nobody can change them."""

import hashlib
import hmac

SECRET_VARIABLE = "SHOP_SECRET"


class BadSignature(Exception):
    """The cookie was changed on its way, or signed with another key."""


class SignedCookies:
    """Writes and reads cookies with a signature behind the value."""

    def __init__(self, key):
        self.key = key

    def sign(self, value):
        digest = hmac.new(self.key, value.encode(), hashlib.sha256)
        return f"{value}.{digest.hexdigest()}"

    def save_cookie(self, response, name, value):
        """Sets a signed cookie on the response, for a day."""
        response.set_cookie(name, self.sign(value), max_age=86400, httponly=True)

    def load_cookie(self, request, name):
        """Reads a cookie and checks its signature. None if there is no such cookie."""
        raw = request.cookies.get(name)
        if raw is None:
            return None
        value, _, _ = raw.rpartition(".")
        if not hmac.compare_digest(raw, self.sign(value)):
            raise BadSignature(name)
        return value
