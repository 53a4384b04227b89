"""Traces (OpenTelemetry) and error reports (Sentry); their libraries are loaded only when on."""
