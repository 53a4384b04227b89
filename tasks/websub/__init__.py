"""WebSub (https://www.w3.org/TR/websub/): subscriptions, intent verification, notifications."""
