-- The load, for wrk: bodies of requests from a file, one a line.
-- Arguments: the file, the seed, and the line to begin at: 0 takes lines in random order; from
-- another one on each is sent once, and what goes beyond the end of the file counts as a failure.
-- Prints one line of JSON at the end.
local threads, requests = {}, {}
local place, sent = 0, 0
failures = 0

function setup(thread) threads[#threads + 1] = thread end

function init(arguments)
  local headers = { ["content-type"] = "application/json", ["accept"] = "application/json" }
  local number = 0
  place = tonumber(arguments[3])
  for line in io.lines(arguments[1]) do
    number = number + 1
    if number >= place then
      requests[#requests + 1] = wrk.format("POST", "/graphql", headers, line)
    end
  end
  math.randomseed(tonumber(arguments[2]))
end

function request()
  if place == 0 then return requests[math.random(#requests)] end
  sent = sent + 1
  if sent > #requests then failures = failures + 1 end
  return requests[(sent - 1) % #requests + 1]
end

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
