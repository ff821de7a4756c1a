<?php

// A site on PHP's own sessions, with the cookie `sid`. REDIS_SOCKET is the server's socket, SECRETS
// a JSON list, PACKAGE the folder of the package.

declare(strict_types=1);

use SessionsForRedis\Handler;

require getenv('PACKAGE') . '/autoload.php';

$secrets = json_decode(getenv('SECRETS'));
$redis = new Redis();
$redis->connect(getenv('REDIS_SOCKET'));

session_name('sid');
$sessions = Handler::register(
    $redis,
    'webapp',
    ttl: 86400,
    id: fn (array $session) => $session['user'] ?? null,
    cookie: 'signed',
    secret: $secrets,
);
session_start(['cookie_httponly' => true, 'cookie_samesite' => 'Lax']);

$reply = [];
switch (basename(strtok($_SERVER['REQUEST_URI'], '?'))) {
    case 'set':
        $_SESSION = array_replace($_SESSION, json_decode($_GET['data'], true));
        break;
    case 'login':
        session_regenerate_id(true);
        $_SESSION['user'] = $_GET['user'];
        break;
    case 'me':
        $reply = ['user' => $_SESSION['user'] ?? ''];
        break;
    case 'logout':
        session_destroy();
        $_SESSION = [];
        break;
    case 'renew':
        session_regenerate_id(true);
        break;
    case 'others':
        $reply = ['ended' => $sessions->endOthers()];
        break;
}
header('Content-Type: application/json');
echo json_encode((object) ($reply ?: $_SESSION), JSON_PRESERVE_ZERO_FRACTION);
