<?php

// A site on Debian's parts of Laravel, with the cookie `sid`: EncryptCookies and StartSession
// before one action. REDIS_SOCKET is the server's socket, SECRETS a JSON list, PACKAGE the folder
// of the package.

declare(strict_types=1);

use Illuminate\Config\Repository;
use Illuminate\Container\Container;
use Illuminate\Cookie\Middleware\EncryptCookies;
use Illuminate\Encryption\Encrypter;
use Illuminate\Http\Request;
use Illuminate\Http\Response;
use Illuminate\Routing\Route;
use Illuminate\Session\Middleware\StartSession;
use Illuminate\Support\Facades\Facade;
use SessionsForRedis\Laravel\SessionsServiceProvider;
use SessionsForRedis\Laravel\UserSessions;
use SessionsForRedis\Tests\Laravel\Application;
use SessionsForRedis\Tests\Laravel\User;

// Laravel 8 is older than PHP 8.2.
error_reporting(E_ALL & ~E_DEPRECATED);
foreach (['Auth', 'Cache', 'Config', 'Container', 'Cookie', 'Encryption', 'Events', 'Http', 'Redis', 'Routing', 'Session'] as $part) {
    require_once "Illuminate/$part/autoload.php";
}
require getenv('PACKAGE') . '/autoload.php';
// Debian does not package Laravel's application object.
require getenv('PACKAGE') . '/tests/Laravel/Application.php';
require getenv('PACKAGE') . '/tests/Laravel/User.php';

$secrets = json_decode(getenv('SECRETS'));
$settings = [
    'sessions' => [
        'app' => 'webapp',
        'cookie' => 'signed',
        'secret' => $secrets,
    ],
    'session' => [
        'driver' => 'sessions',
        'cookie' => 'sid',
        'lifetime' => 1440,
        'serialization' => 'json',
        'encrypt' => false,
        'expire_on_close' => true,
        'same_site' => 'lax',
        'http_only' => true,
        'secure' => false,
        'path' => '/',
        'domain' => null,
        'connection' => 'default',
        'lottery' => [0, 100],
    ],
    'auth' => [
        'defaults' => ['guard' => 'web'],
        'guards' => ['web' => ['driver' => 'session', 'provider' => 'users']],
        'providers' => ['users' => ['driver' => 'users']],
    ],
    'cache' => ['default' => 'array', 'stores' => ['array' => ['driver' => 'array']]],
    'database' => [
        'redis' => ['client' => 'phpredis', 'default' => ['host' => getenv('REDIS_SOCKET'), 'port' => 0, 'database' => 0]],
    ],
];

function page(Request $request, Application $app): array
{
    $session = $request->session();
    $guard = $app->make('auth')->guard();
    switch (basename($request->path())) {
        case 'set':
            $session->put(json_decode($request->query('data'), true));
            break;
        case 'login':
            $guard->loginUsingId($request->query('user'));
            break;
        case 'me':
            return ['user' => (string) $guard->id()];
        case 'logout':
            $guard->logout();
            $session->invalidate();
            return [];
        case 'renew':
            $session->regenerate(true);
            break;
        case 'others':
            return ['ended' => $app->make(UserSessions::class)->endOthers($request)];
    }
    return $session->all();
}

$app = new Application();
Application::setInstance($app);
Facade::setFacadeApplication($app);
$app->instance(Container::class, $app);
$app->alias('session', Illuminate\Session\SessionManager::class);
$app->instance('config', new Repository($settings));
$app->instance('encrypter', new Encrypter('0123456789abcdef0123456789abcdef', 'AES-256-CBC'));
$app->start([
    Illuminate\Events\EventServiceProvider::class,
    Illuminate\Redis\RedisServiceProvider::class,
    Illuminate\Cache\CacheServiceProvider::class,
    Illuminate\Cookie\CookieServiceProvider::class,
    Illuminate\Auth\AuthServiceProvider::class,
    Illuminate\Session\SessionServiceProvider::class,
    SessionsServiceProvider::class,
]);
$app->make('auth')->provider('users', static fn () => new User());

$request = Request::capture();
$request->setRouteResolver(static fn () => new Route($request->method(), $request->path(), []));
$app->instance('request', $request);

$action = static function (Request $request) use ($app): Response {
    $text = json_encode((object) page($request, $app), JSON_PRESERVE_ZERO_FRACTION);
    return new Response($text, 200, ['Content-Type' => 'application/json']);
};
$cookies = new EncryptCookies($app->make('encrypter'));
$cookies->disableFor('sid');
$session = $app->make(StartSession::class);
$cookies->handle($request, static fn (Request $request) => $session->handle($request, $action))->send();
