-- The load, for wrk: bodies of requests from a file, one a line, in random order.
-- Arguments: the file, the seed. Prints one line of JSON at the end.
local threads, requests = {}, {}
failures = 0

function setup(thread) threads[#threads + 1] = thread end

function init(arguments)
  local headers = { ["content-type"] = "application/json", ["accept"] = "application/json" }
  for line in io.lines(arguments[1]) do
    requests[#requests + 1] = wrk.format("POST", "/graphql", headers, line)
  end
  math.randomseed(tonumber(arguments[2]))
end

function request() return requests[math.random(#requests)] end

function response(status, _, body)
  if status ~= 200 or body:find('"errors":', 1, true) then failures = failures + 1 end
end

function done(summary, latency, _)
  local bad = summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.timeout
  for _, thread in ipairs(threads) do bad = bad + thread:get("failures") end
  print(string.format('{"requests": %d, "seconds": %.6f, "failures": %d, "p50_ms": %.3f, "p99_ms": %.3f}',
    summary.requests, summary.duration / 1e6, bad, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
