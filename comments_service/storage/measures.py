"""What is counted of the database's work, for `/metrics`: how writers shared commits."""

from typing import Final

from prometheus_client import Counter

writes_total: Final = Counter("comments_writes", "Writes stored, each by one caller.")
commits_total: Final = Counter(
    "comments_commits", "Commits that stored them: fewer than writes where writers waited together."
)
