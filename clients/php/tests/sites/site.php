<?php

// A site whose session a test reads, changes and holds, by paths. The test says in SITE which
// client and which options it has.

declare(strict_types=1);

use SessionsForRedis\Exceptions\SessionsException;
use SessionsForRedis\Handler;
use SessionsForRedis\Tests\Support\Clients;
use SessionsForRedis\Tests\Support\Wakes;
use SessionsForRedis\Tests\Support\Wrapper;

require __DIR__ . '/../bootstrap.php';

$site = json_decode((string) getenv('SITE'), true);
$path = strtok($_SERVER['REQUEST_URI'], '?');
$query = array_map(static fn (string $text): mixed => json_decode($text, true) ?? $text, $_GET);

function handler(array $site): ?Handler
{
    if ($site['client'] === 'usual') {
        ini_set('session.save_handler', 'redis');
        ini_set('session.save_path', "unix://{$site['socket']}?prefix={$site['app']}:");
        return null;
    }
    $options = $site['options'];
    if (!array_key_exists('id', $options)) {
        $options['id'] = static fn (array $session): mixed => $session['user'] ?? null;
    }
    $connect = fn () => isset($site['cluster'])
        ? Clients::clusterTo($site['client'], $site['cluster'])
        : Clients::connectTo($site['client'], $site['socket']);
    $handler = Handler::register($connect, $site['app'], ...$options);
    if (isset($site['wrapped'])) {
        session_set_save_handler(new Wrapper($handler), true);
    }
    return $handler;
}

/** Waits between a test's `hold` and `go`. */
function hold(array $site, string $name): void
{
    touch("{$site['folder']}/$name.arrived");
    while (!file_exists("{$site['folder']}/$name.go")) {
        usleep(2_000);
        clearstatcache();
    }
}

function regenerate(mixed $deletes): void
{
    if ($deletes !== 'none') {
        session_regenerate_id($deletes);
    }
}

function change(array $changes): void
{
    foreach ($changes as $name => $value) {
        $_SESSION[$name] = $value;
    }
}

set_exception_handler(static function (Throwable $thrown): void {
    http_response_code(500);
    echo json_encode(['thrown' => $thrown::class, 'code' => $thrown->getCode(), 'text' => $thrown->getMessage()]);
});
foreach ($site['ini'] as $name => $value) {
    ini_set($name, $value);
}
$handler = handler($site);
$start = ['cookie_httponly' => true, 'cookie_samesite' => 'Lax'] + $site['start'];
if ($path !== '/nothing') {
    session_start($start);
}
$reply = match ($path) {
    '/nothing' => null,
    '/read' => $_SESSION,
    '/id' => [session_id(), $handler?->sid()],
    '/set' => change($query),
    '/delete' => $_SESSION = array_diff_key($_SESSION, $query),
    '/slow' => [hold($site, $query['held']), change(array_diff_key($query, ['held' => 0]))],
    // The user before or after the new id, as sites do it.
    '/login' => [regenerate($query['renew'] ?? true), change(['user' => $query['user']])],
    '/login-first' => [change(['user' => $query['user']]), regenerate($query['renew'] ?? true)],
    '/login-slow' => [session_regenerate_id($query['renew']), hold($site, $query['held']), change($query)],
    '/slow-login' => [hold($site, $query['held']), session_regenerate_id(true), change($query)],
    '/renew' => [change($query['set'] ?? []), regenerate($query['renew'])],
    '/renew-twice' => [session_regenerate_id($query['renew']), session_regenerate_id($query['renew'])],
    '/renew-abort' => [change(['lost' => 1]), session_regenerate_id($query['renew']), session_abort()],
    '/renew-destroy' => [session_regenerate_id($query['renew']), session_destroy()],
    '/logout' => [session_destroy(), session_status()],
    '/logout-emptied' => [$_SESSION = ['flash' => 'bye'], session_regenerate_id(true)],
    '/logout-start' => [session_destroy(), session_start(), change($query)],
    '/abort' => [change($query), session_abort(), $_SESSION],
    '/reset' => [change($query), session_reset(), $_SESSION],
    '/twice' => [change($query), session_write_close(), session_write_close(), session_start(), $_SESSION],
    '/create-id' => [session_create_id(), session_create_id('shop-'), session_id()],
    '/gc' => session_gc(),
    '/close' => [change($query), session_write_close(), session_status()],
    '/object' => $_SESSION['when'] = new DateTimeImmutable('@0'),
    '/wakes' => $_SESSION['o'] = new Wakes(),
    '/others' => [$handler->endOthers()],
    '/devices' => $handler->sessionsOf($query['user']),
    '/end' => [$handler->endAll($query['user'], $query['only'] ?? null)],
};
if (!in_array($path, ['/read', '/logout', '/abort', '/reset', '/close'], true)) {
    try {
        session_write_close();
    } catch (SessionsException $thrown) {
        $reply = ['thrown' => $thrown::class, 'code' => $thrown->getCode(), 'text' => $thrown->getMessage()];
    }
}
header('Content-Type: application/json');
echo json_encode($reply);
