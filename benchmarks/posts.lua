-- What wrk sends: comments of a publisher's program, each to one of many pages, no two alike.
local words = {"park", "river", "bridge", "council", "article", "reader", "morning", "street",
  "budget", "school", "garden", "train", "weather", "letter", "coffee", "window"}
local threads = {}

function setup(thread)
  threads[#threads + 1] = thread
  thread:set("mine", #threads)
end

function init(args)
  math.randomseed(os.time() * 100 + mine)
  token, pages = args[1], tonumber(args[2])
  sent, statuses, refusals = 0, {}, {}
end

local function key()
  return string.format("%06d%08x%08x", math.random(200), mine, 7)
end

function request()
  sent = sent + 1
  local said = {}
  for n = 1, 30 do said[n] = words[math.random(#words)] end
  local page = math.random(pages)
  local body = string.format(
    '{"site":"bench","url":"https://bench.example/%d","author_name":"Reader %d","body":"%s %d %d."}',
    page, math.random(200), table.concat(said, " "), sent, math.random(1e9))
  return wrk.format("POST", "/api/v1/comments", {
    ["Content-Type"] = "application/json",
    ["Authorization"] = "Bearer " .. token,
    ["Commenter-Key"] = key(),
  }, body)
end

function response(status, headers, body)
  statuses[status] = (statuses[status] or 0) + 1
  if status >= 500 and #refusals < 5 then
    local again = headers["Retry-After"] or headers["retry-after"] or "none"
    refusals[#refusals + 1] = string.format("%d, Retry-After %s: %s", status, again, body)
  end
end

function done(summary, latency)
  local bad = summary.errors.status + summary.errors.connect + summary.errors.read
    + summary.errors.write + summary.errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration, bad,
    latency:percentile(50), latency:percentile(99)))
  for _, thread in ipairs(threads) do
    for status, count in pairs(thread:get("statuses")) do
      io.write(string.format("STATUS %d %d\n", status, count))
    end
    for _, said in ipairs(thread:get("refusals")) do
      io.write(string.format("REFUSED %s\n", said))
    end
  end
  local errors = summary.errors
  for _, kind in ipairs({"connect", "read", "write", "timeout"}) do
    if errors[kind] > 0 then io.write(string.format("ERROR %s %d\n", kind, errors[kind])) end
  end
end
