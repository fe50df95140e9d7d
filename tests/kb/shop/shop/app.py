"""The web application: requests in, pages out."""

import os

from shop.cookies import SECRET_VARIABLE, BadSignature, SignedCookies
from shop.invoices import print_invoice


class Shop:
    def __init__(self):
        self.cookies = SignedCookies(os.environ[SECRET_VARIABLE].encode())
        self.routes = {"/basket": self.show_basket, "/pay": self.pay}

    def handle(self, request, response):
        """Finds the page for a request. A basket with a bad signature is thrown away."""
        try:
            basket = self.cookies.load_cookie(request, "basket")
        except BadSignature:
            basket = None
        page = self.routes[request.path]
        page(basket, request, response)
        return self.finish(basket, response)

    def finish(self, basket, response):
        """The last step of every request: the basket goes back to the browser."""
        if basket is not None:
            self.cookies.save_cookie(response, "basket", basket)
        return response

    def show_basket(self, basket, request, response):
        response.write(f"Your basket: {basket or 'empty'}")

    def pay(self, basket, request, response):
        print_invoice(basket)
        response.write("Thank you!")
