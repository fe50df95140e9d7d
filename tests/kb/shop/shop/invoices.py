"""Invoices, printed by a program of its own."""

import subprocess
import threading


def print_invoice(basket):
    """Prints in the background, so that the page need not wait."""
    threading.Thread(target=run_printer, args=(basket,), daemon=True).start()


def run_printer(basket):
    """Feeds the basket to `lpr` and waits at most a minute for it."""
    subprocess.run(["lpr", "-T", "invoice"], input=basket.encode(), check=True, timeout=60)
