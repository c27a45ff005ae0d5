-- What wrk asks: the paths of a file, one after the other, each connection from another one on.
local paths, turn = {}, 0

function init(args)
  for line in io.lines(args[1]) do paths[#paths + 1] = line end
  if args[2] ~= "" then wrk.headers["If-None-Match"] = args[2] end
end

function request()
  turn = turn + 1
  return wrk.format("GET", paths[(turn - 1) % #paths + 1])
end
