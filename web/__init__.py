"""What people see and what others call: pages, the API, callbacks, health; all over `models/`."""
