"""The console's map: every address under /moderate and the view behind it."""

from typing import Final

from flask import Blueprint

from comments_service.web import (
    console_bans,
    console_checks,
    console_log,
    console_queue,
    console_settings,
    console_trial,
    console_words,
)
from comments_service.web.access import Access, allow
from comments_service.web.console_page import static_file

blueprint: Final = Blueprint("console", __name__, url_prefix="/moderate")

_VIEWS: Final = (
    ("GET", "/", "queue", console_queue.show_queue),
    ("GET", "/comment/<comment_id>", "comment", console_queue.show_comment),
    ("POST", "/decide", "decide", console_queue.decide),
    ("POST", "/undo", "undo", console_queue.undo),
    ("GET", "/bans", "show_bans", console_bans.show_bans),
    ("POST", "/bans", "make_ban", console_bans.make_ban),
    ("POST", "/bans/lift", "lift_ban", console_bans.lift_ban),
    ("GET", "/log", "log", console_log.show_log),
    ("GET", "/checks", "checks", console_checks.show_checks),
    ("GET", "/settings", "show_site", console_settings.show_site),
    ("POST", "/settings", "change_site", console_settings.change_site),
    ("GET", "/words", "show_words", console_words.show_words),
    ("POST", "/words", "put_word", console_words.put_word),
    ("POST", "/words/try", "try_word", console_words.try_word),
    ("POST", "/words/remove", "remove_word", console_words.remove_word),
    ("POST", "/settings/try", "try_site", console_trial.try_site),
    ("GET", "/thread", "show_thread", console_settings.show_thread),
    ("POST", "/thread", "change_thread", console_settings.change_thread),
    ("GET", "/account", "account", console_settings.account),
    ("POST", "/account", "change_account", console_settings.account),
    # The sign-in page needs its style before anybody is known.
    ("GET", "/static/<name>", "static_file", allow(Access.FORM)(static_file)),
)

for _method, _path, _name, _view in _VIEWS:
    blueprint.add_url_rule(_path, _name, _view, methods=[_method])
