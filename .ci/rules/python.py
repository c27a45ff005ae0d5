# What each rule of python.yaml finds (ruleid) and lets through (ok). Read by semgrep, never run.
def statements(conn, text, name):
    # ruleid: sql-from-text
    conn.execute(text(f"SELECT * FROM comment WHERE author_name = '{name}'"))
    # ruleid: sql-from-text
    conn.exec_driver_sql(f"DELETE FROM {name}")
    # ruleid: sql-from-text
    conn.execute("SELECT * FROM comment WHERE author_name = '%s'" % name)
    # ruleid: sql-from-text
    conn.execute(text("SELECT * FROM comment WHERE author_name = '" + name))
    # ruleid: sql-from-text
    conn.exec_driver_sql("DELETE FROM " + name)
    # ok: sql-from-text
    conn.execute(text("SELECT * FROM comment WHERE author_name = :name"), {"name": name})


def pages(Markup, body, render_template_string, render_template):
    # ruleid: markup-by-hand
    yield Markup(body)
    # ruleid: markup-by-hand
    yield render_template_string(body)
    # ok: markup-by-hand
    yield render_template("thread.html", body=body)


def cookies(response, session):
    # ruleid: cookie-by-hand
    response.set_cookie("seen", "1")
    # ruleid: cookie-by-hand
    response.headers["Set-Cookie"] = "seen=1"
    # ruleid: cookie-by-hand
    response.headers.add("Set-Cookie", "seen=1")
    # ok: cookie-by-hand
    session["seen"] = 1


def comparisons(sent_token, settings, password, compare_digest, kind):
    # ruleid: secret-compared-in-passing
    yield sent_token == settings.metrics_token
    # ruleid: secret-compared-in-passing
    yield password != settings.password
    # ruleid: secret-compared-in-passing
    yield kind == settings.metrics_token
    # ruleid: secret-compared-in-passing
    yield request.headers["X-Token"] != settings.metrics_token
    # ok: secret-compared-in-passing
    yield compare_digest(sent_token, settings.metrics_token)
    # ok: secret-compared-in-passing
    yield kind == "token"
    # ok: secret-compared-in-passing
    yield password == ""


def stored(row, pickle, yaml, json):
    # ruleid: text-becomes-code
    yield pickle.loads(row)
    # ruleid: text-becomes-code
    yield eval(row)
    # ruleid: text-becomes-code
    yield yaml.load(row)
    # ok: text-becomes-code
    yield json.loads(row)


def fetched(urllib, requests, url):
    # ruleid: other-host-asked
    yield urllib.request.urlopen(url)
    # ruleid: other-host-asked
    yield requests.get(url)
    # ruleid: other-host-asked
    yield socket.create_connection((url, 80))
    # ok: other-host-asked
    yield urllib.parse.urlsplit(url)


def started(subprocess, os, line, words):
    # ruleid: shell
    subprocess.run(line, shell=True)
    # ruleid: shell
    os.system(line)
    # ok: shell
    subprocess.run(words)


@door.route("GET", "/approve/<comment_id>", Access.PUBLIC)
def approve(comment_id):
    # ruleid: get-that-writes
    moderate.decide_comments(principal(), comment_id)


@blueprint.get("/touch")
def touch():
    # ruleid: get-that-writes
    write(lambda conn: conn)


@blueprint.route("/touch-too")
def touch_too():
    # ruleid: get-that-writes
    write(lambda conn: conn)


def answers(response, request, origin):
    # ruleid: credentials-across-origins
    response.headers["Access-Control-Allow-Credentials"] = "true"
    # ruleid: credentials-across-origins
    response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
    # ok: credentials-across-origins
    response.headers["Access-Control-Allow-Origin"] = "*"


def leads_on(request, redirect, local_path):
    # ruleid: redirect-as-asked
    yield redirect(request.args["next"])
    # ruleid: redirect-as-asked
    yield redirect(request.form.get("next"), 303)
    # ruleid: redirect-as-asked
    yield redirect(request.referrer)
    # ok: redirect-as-asked
    yield redirect(local_path(request.args.get("next")), 303)


@door.route("POST", "/approve", Access.MODERATOR)
def approve_by_post(comment_id):
    # ok: get-that-writes
    moderate.decide_comments(principal(), comment_id)
