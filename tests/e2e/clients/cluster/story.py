# Follows a program that defines `sessions` and `everywhere`: plays the story of mod.rs, or sends
# one command.
import json
import sys

import redis


def story(count):
    tokens = []
    for n in range(count):
        id = f"user{n}"
        token = sessions("CREATE", "webapp", id, "DATA", '{"cart":3}')
        tokens.append(token)
        read = json.loads(sessions("GET", "webapp", token, "JSON"))
        written = json.loads(sessions("SET", "webapp", token, '{"cart":4}', "JSON"))
        listed = json.loads(sessions("SOID", "webapp", id, "JSON"))
        print(read["id"], read["d"]["cart"], written["d"]["cart"], len(listed), listed[0]["d"]["cart"])
    print("count", everywhere("COUNT", "webapp"))
    print("activity", everywhere("ACTIVITY", "webapp", "600"))
    print("killed", sum(sessions("KILL", "webapp", token) for token in tokens[: count // 2]))
    print("count", everywhere("COUNT", "webapp"))
    print("killall", everywhere("KILLALL", "webapp"))
    print("count", everywhere("COUNT", "webapp"))


try:
    if sys.argv[1] == "story":
        story(int(sys.argv[2]))
    else:
        ask = sessions if sys.argv[1] == "one" else everywhere
        print(ask(*sys.argv[2:]))
except redis.RedisError as error:
    print(f"error: {error}")
