"""Subscriptions at hubs (WebSub): asked for, verified, renewed, and only ever a hint to look."""
