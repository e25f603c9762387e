-- Answers that no rule of HAProxy can give: see tests/faults/proxy.py.

local function begin(applet, headers)
  applet:set_status(200)
  applet:add_header("content-type", os.getenv("FAULT_MEDIA_TYPE"))
  for name, value in pairs(headers) do
    applet:add_header(name, value)
  end
  applet:start_response()
end

-- Half of an answer, and then the end of the connection.
core.register_service("cut", "http", function(applet)
  local half = os.getenv("FAULT_HALF")
  begin(applet, { ["content-length"] = tostring(2 * #half), connection = "close" })
  applet:send(half)
end)

-- A blank every 50 ms, for 30 s.
core.register_service("trickle", "http", function(applet)
  begin(applet, {})
  for _ = 1, 600 do
    applet:send(" ")
    core.msleep(50)
  end
end)

-- 1 GB of blanks.
core.register_service("huge", "http", function(applet)
  local piece = string.rep(" ", 65536)
  begin(applet, {})
  for _ = 1, 16384 do
    applet:send(piece)
  end
end)

core.register_action("delay", { "http-req" }, function()
  core.msleep(tonumber(os.getenv("FAULT_DELAY_MS")))
end)
