
// Follows a program that defines sessions() and everywhere(): plays the story of mod.rs, or sends
// one command.

function story($count) {
    $tokens = [];
    for ($n = 0; $n < $count; $n++) {
        $id = "user$n";
        $tokens[] = $token = sessions('CREATE', 'webapp', $id, 'DATA', '{"cart":3}');
        $read = json_decode(sessions('GET', 'webapp', $token, 'JSON'), true);
        $written = json_decode(sessions('SET', 'webapp', $token, '{"cart":4}', 'JSON'), true);
        $listed = json_decode(sessions('SOID', 'webapp', $id, 'JSON'), true);
        echo "$read[id] {$read['d']['cart']} {$written['d']['cart']} ", count($listed), " {$listed[0]['d']['cart']}\n";
    }
    echo 'count ', everywhere('COUNT', 'webapp'), "\n";
    echo 'activity ', everywhere('ACTIVITY', 'webapp', '600'), "\n";
    $killed = array_map(fn ($token) => sessions('KILL', 'webapp', $token), array_slice($tokens, 0, intdiv($count, 2)));
    echo 'killed ', array_sum($killed), "\n";
    echo 'count ', everywhere('COUNT', 'webapp'), "\n";
    echo 'killall ', everywhere('KILLALL', 'webapp'), "\n";
    echo 'count ', everywhere('COUNT', 'webapp'), "\n";
}

try {
    if ($argv[1] === 'story') {
        story((int) $argv[2]);
    } else {
        $reply = ($argv[1] === 'one' ? 'sessions' : 'everywhere')(...array_slice($argv, 2));
        echo $reply === false ? 'error: ' . $redis->getLastError() : $reply, "\n";
    }
} catch (RedisClusterException $error) {
    echo 'error: ', $error->getMessage(), "\n";
}
