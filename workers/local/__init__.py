"""The whole service on one machine: embedded servers, supervisor, demo."""
