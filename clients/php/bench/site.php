<?php

// The site that the benchmark asks: it reads its session, or reads and changes it. `process.php`
// repeats the same in one process.

declare(strict_types=1);

require_once __DIR__ . '/../autoload.php';

$site = json_decode((string) getenv('SITE'), true);
if ($site['client'] === 'usual') {
    ini_set('session.save_handler', 'redis');
    ini_set('session.save_path', "unix://{$site['socket']}?prefix={$site['app']}:&persistent=1");
} else {
    $redis = new Redis();
    $redis->pconnect($site['socket']);
    $id = static fn (array $session): ?string => $session['user'] ?? null;
    SessionsForRedis\Handler::register($redis, $site['app'], id: $id);
}

function change(): void
{
    $_SESSION['n'] = ($_SESSION['n'] ?? 0) + 1;
    $_SESSION += ['cart' => [3, 5, 8], 'lang' => 'en', 'name' => 'somebody'];
}

if (PHP_SAPI !== 'cli') {
    session_start();
    if ($_SERVER['REQUEST_URI'] === '/change') {
        change();
    }
    echo 'ok';
}
