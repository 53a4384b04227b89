"""Polling: claim the feeds that are due, fetch, classify, store, schedule the next poll.

Read in this order:

1. claim: ``tasks.py`` claims due feeds (``store/claims.py``) and sends a message for each batch;
2. fetch: ``poller.py`` fetches the claimed feeds together;
3. classify: ``response.py`` decides what a response means;
4. store: ``poll_results.py`` chooses the way into the database, ``documents.py`` stores feed
   documents, ``archive/page.py`` archive pages;
5. schedule: ``scheduling.py`` chooses the next poll by ``schedule/``, and ``store/results.py``
   records it with the result and ends the claim.
"""
