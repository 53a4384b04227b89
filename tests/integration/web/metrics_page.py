"""Asks for /metrics, and evaluates the few forms of PromQL that our alerts use."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

import web.metrics
from models import get_settings

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]

_EXPRESSION = re.compile(
    r"(?:(?P<increase>increase)\()?(?P<metric>\w+)(?:\{(?P<labels>[^}]*)\})?(?:\[\w+\]\))?"
    r" (?P<operator>>|==) (?:(?P<factor>[\d.]+) \* (?P<other>\w+)|(?P<number>[\d.]+))"
)


@pytest.fixture
def fresh_metrics(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A metrics page without a cache or an index, collected again at each request."""
    monkeypatch.setenv("OVERHEARD_SEARCH_INDEX", str(tmp_path / "no-index"))
    get_settings.cache_clear()
    monkeypatch.setattr(web.metrics, "CACHE_SECONDS", -1.0)
    monkeypatch.setattr("web.metrics_collector.DRIFT_SECONDS", -1.0)
    monkeypatch.setattr(web.metrics, "_page", web.metrics._MetricsPage())
    yield
    get_settings.cache_clear()


def metrics(client: httpx.Client) -> Samples:
    """Every sample of the page, by name and labels."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float | None:
    """One sample, or nothing."""
    return samples.get((name, frozenset(labels.items())))


@dataclass(frozen=True)
class Rule:
    """The expression of an alert: a metric, or its increase, beside a number or another metric."""

    metric: str
    labels: dict[str, str]
    operator: str
    factor: float
    other: str | None
    increase: bool

    @classmethod
    def of(cls, expression: str) -> "Rule":
        """Read an expression; any other form is an error here, and then belongs in here."""
        found = _EXPRESSION.fullmatch(expression)
        assert found, expression
        labels = dict(re.findall(r'(\w+)="([^"]*)"', found["labels"] or ""))
        return cls(
            found["metric"],
            labels,
            found["operator"],
            float(found["factor"] or found["number"]),
            found["other"],
            bool(found["increase"]),
        )

    def fires(self, before: Samples, now: Samples) -> bool:
        """Whether any series crosses the threshold now; an increase is counted from before."""
        other = 1.0 if self.other is None else now.get((self.other, frozenset()), float("nan"))
        for (name, labels), found in now.items():
            if name != self.metric or not self.labels.items() <= dict(labels).items():
                continue
            seen = found - before.get((name, labels), 0.0) if self.increase else found
            if seen > self.factor * other if self.operator == ">" else seen == self.factor:
                return True
        return False


__all__ = ["Rule", "Samples", "fresh_metrics", "metrics", "value"]
