"""Numbers, shares and times as a person reads them."""

from __future__ import annotations

import math
from datetime import UTC, datetime

_SPANS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
_TITLES = {
    "roc_auc": "ROC AUC",
    "f1": "F1",
    "rmse": "RMSE",
    "mae": "MAE",
    "mape": "MAPE",
    "r2": "R²",
    "ks": "KS",
    "psi": "PSI",
    "chi2": "χ²",
    "jensen_shannon": "Jensen–Shannon",
    "kullback_leibler": "Kullback–Leibler",
    "anderson_darling": "Anderson–Darling",
    "pca_reconstruction": "PCA reconstruction",
}


def number(value: float | None) -> str:
    """Three significant digits, thousands apart; a dash for what is absent.

    >>> number(0.083127), number(1234567.8), number(12.0), number(2.5e-9), number(-0.5), number(None)
    ('0.0831', '1,234,568', '12', '2.5e-9', '−0.5', '–')
    """
    if value is None:
        return "–"
    if not math.isfinite(value):
        return str(value).replace("inf", "∞").replace("-", "−")
    return _digits(value).replace("-", "−") if abs(value) >= 1e-4 or value == 0 else _exponent(value)


def _digits(value: float) -> str:
    if abs(value) >= 1e15:
        return _exponent(value)
    if abs(value) >= 999.5 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.{_decimals(value)}f}".rstrip("0").rstrip(".")


def _decimals(value: float) -> int:
    """How many decimals show three significant digits of what rounding leaves."""
    return max(0, 2 - math.floor(math.log10(abs(float(f"{value:.3g}")))))


def _exponent(value: float) -> str:
    mantissa, _, exponent = f"{value:.2e}".partition("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}".replace("-", "−", mantissa.count("-"))


def measured(value: float | None) -> str:
    """As `number`, with the zeros at its end: for columns of measured values.

    >>> measured(0.71), measured(12.0), measured(9344.0), measured(None)
    ('0.710', '12.0', '9,344', '–')
    """
    if value is None or not 1e-4 <= abs(value) < 999.5:
        return number(value)
    return f"{value:.{_decimals(value)}f}".replace("-", "−")


def p_value(value: float | None) -> str:
    """A p-value: its size matters only where it is not tiny.

    >>> p_value(0.0312), p_value(1e-9)
    ('0.0312', '<0.001')
    """
    return "<0.001" if value is not None and value < 0.001 else number(value)


def times(ratio: float) -> str:
    """A multiple.

    Never 1 unless it is: whether a score is above its threshold is what the reader wants to know.

    >>> times(4.4321), times(0.528), times(131.2), times(1.0), times(0.998), times(1.0004)
    ('4.4×', '0.5×', '131×', '1.0×', '0.99×', '1.01×')
    """
    if 0.95 <= ratio < 1.05 and ratio != 1:
        nearest = math.floor(100 * ratio) if ratio < 1 else math.ceil(100 * ratio)
        return f"{nearest / 100:.2f}×"
    return f"{ratio:.1f}×" if ratio < 10 else f"{ratio:,.0f}×".replace("inf", "∞")


def signed(value: float | None) -> str:
    """A difference, with its sign.

    >>> signed(0.0312), signed(-4.0)
    ('+0.0312', '−4')
    """
    return f"+{number(value)}" if value is not None and value > 0 else number(value)


def percent(ratio: float | None) -> str:
    """A ratio as a percentage; neither 0% nor 100% unless it is.

    >>> percent(0.1234), percent(0.00001), percent(0.99999), percent(1), percent(None)
    ('12.3%', '<0.1%', '>99.9%', '100%', '–')
    """
    if ratio is None:
        return "–"
    if 0 < ratio < 0.0005:
        return "<0.1%"
    if 0.9995 <= ratio < 1:
        return ">99.9%"
    return f"{100 * ratio:.1f}".removesuffix(".0") + "%"


def span(seconds: float) -> str:
    """A length of time, in its largest unit.

    >>> span(5400), span(7200), span(86_000), span(1.0), span(0.0421)
    ('1.5 hours', '2 hours', '23.9 hours', '1 second', '42 ms')
    """
    if seconds < 0.9995:
        return f"{1000 * seconds:.0f} ms"
    length, unit = _unit(seconds)
    amount = f"{seconds / length:.1f}".removesuffix(".0")
    return f"{amount} {unit}" + ("" if amount == "1" else "s")


def _unit(seconds: float) -> tuple[int, str]:
    return next((length, unit) for length, unit in _SPANS if round(seconds) >= length)


def ago(seconds: float) -> str:
    """How long since.

    >>> ago(0.2), ago(130), ago(-3600)
    ('just now', '2 minutes ago', 'in 1 hour')
    """
    if round(abs(seconds)) < 1:
        return "just now"
    length, unit = _unit(abs(seconds))
    amount = round(abs(seconds)) // length
    passed = f"{amount} {unit}" + ("" if amount == 1 else "s")
    return f"in {passed}" if seconds < 0 else f"{passed} ago"


def timestamp(seconds: float) -> str:
    """Unix seconds as UTC, for machines and people alike.

    >>> timestamp(1700000000.5)
    '2023-11-14 22:13:20Z'
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def counted(amount: int, noun: str) -> str:
    """So many of something.

    >>> counted(1, "row"), counted(2000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{amount:,} {noun}" + ("" if amount == 1 else "s")


def period(start: float, end: float) -> str:
    """From when to when, to the minute.

    >>> period(1700000000, 1700003600), period(1700000000, 1700604800)
    ('14 Nov 22:13 – 23:13 UTC', '14 Nov 22:13 – 21 Nov 22:13 UTC')
    """
    first, last = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
    same_day = first.date() == last.date()
    return f"{first.day} {first:%b %H:%M} – {'' if same_day else f'{last.day} {last:%b} '}{last:%H:%M} UTC"


def title(name: str) -> str:
    """The name of a metric, a test or a reason in words.

    >>> title("roc_auc"), title("balanced_accuracy")
    ('ROC AUC', 'Balanced accuracy')
    """
    words = name.replace("_", " ")
    return _TITLES.get(name, words[:1].upper() + words[1:])
