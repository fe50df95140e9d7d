from shop.cookies import BadSignature, SignedCookies


def test_a_changed_cookie_is_refused():
    cookies = SignedCookies(b"key")
    request = type("Request", (), {"cookies": {"basket": "tea.0000"}})
    try:
        cookies.load_cookie(request, "basket")
    except BadSignature:
        return
    raise AssertionError("accepted")
