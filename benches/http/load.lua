-- Requests one session after another. Arguments: a file with one token per line, the path, and
-- headers; TOKEN in the path and the headers is replaced by the token. All requests are prepared
-- before the measurement begins.

local requests, at = {}, 0

function init(args)
  for token in io.lines(args[1]) do
    local headers = {}
    for position = 3, #args do
      local name, value = args[position]:match("^(.-): (.*)$")
      headers[name] = value:gsub("TOKEN", token)
    end
    requests[#requests + 1] = wrk.format("GET", (args[2]:gsub("TOKEN", token)), headers)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("RESULT %d %d %d %f %f %f\n", summary.requests, summary.duration, failed,
    latency.mean, latency:percentile(50), latency:percentile(99)))
end
