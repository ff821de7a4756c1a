<?php

// Starts and writes sessions one after another in one process. Reads lines `read` or `change` and a
// number of milliseconds, and prints sessions a second and the 99th percentile in milliseconds for
// each.

declare(strict_types=1);

require __DIR__ . '/site.php';

$ids = array_map(static fn (int $n): string => hash('sha256', "visitor $n"), range(0, 499));
$options = ['use_cookies' => false, 'cache_limiter' => ''];
$options['use_strict_mode'] = $site['client'] === 'usual' ? '0' : '1';
$sessions = new SessionsForRedis\Sessions(
    static function () use ($site): Redis {
        $redis = new Redis();
        $redis->connect($site['socket']);
        return $redis;
    },
    $site['app'],
);
foreach ($site['client'] === 'usual' ? [] : $ids as $id) {
    $sessions->save($id, ['n' => 0, 'cart' => [3, 5, 8], 'lang' => 'en', 'name' => 'somebody'], ['ttl' => 1440]);
}
foreach ($ids as $id) {
    session_id($id);
    session_start($options);
    change();
    session_write_close();
}
while (($line = fgets(STDIN)) !== false) {
    [$what, $milliseconds] = explode(' ', trim($line));
    $taken = [];
    $begin = hrtime(true);
    $end = $begin + (int) $milliseconds * 1_000_000;
    for ($n = 0; ($from = hrtime(true)) < $end; $n++) {
        session_id($ids[$n % 500]);
        session_start($options);
        if ($what === 'change') {
            change();
        }
        session_write_close();
        $taken[] = hrtime(true) - $from;
    }
    $seconds = (hrtime(true) - $begin) / 1e9;
    sort($taken);
    fwrite(STDOUT, json_encode([count($taken) / $seconds, $taken[(int) (count($taken) * 0.99)] / 1e6]) . "\n");
}
