<?php

// A Laravel site: its middleware EncryptCookies and StartSession before one action. Each request
// has an application of its own, as under PHP-FPM, and a browser keeps the cookies.

declare(strict_types=1);

namespace SessionsForRedis\Tests\Laravel;

use Illuminate\Auth\AuthServiceProvider;
use Illuminate\Cache\CacheServiceProvider;
use Illuminate\Config\Repository;
use Illuminate\Contracts\Container\Container;
use Illuminate\Cookie\CookieServiceProvider;
use Illuminate\Encryption\Encrypter;
use Illuminate\Events\EventServiceProvider;
use Illuminate\Http\Request;
use Illuminate\Http\Response;
use Illuminate\Redis\RedisServiceProvider;
use Illuminate\Routing\Route;
use Illuminate\Session\SessionManager;
use Illuminate\Session\SessionServiceProvider;
use Illuminate\Support\Facades\Facade;
use SessionsForRedis\Laravel\SessionsServiceProvider;
use SessionsForRedis\Laravel\UserSessions;
use SessionsForRedis\Sessions;
use SessionsForRedis\Tests\Support\Clients;
use SessionsForRedis\Tests\Support\Server;

final class Site
{
    public const KEY = '0123456789abcdef0123456789abcdef';

    private const PROVIDERS = [
        EventServiceProvider::class,
        RedisServiceProvider::class,
        CacheServiceProvider::class,
        CookieServiceProvider::class,
        AuthServiceProvider::class,
        SessionServiceProvider::class,
        SessionsServiceProvider::class,
    ];

    public readonly Server $server;
    public readonly string $app;

    /** @var array<string, string> the browser's cookies */
    public array $cookies = [];

    /** @param array<string, mixed> $settings that differ from the ones below */
    public function __construct(private readonly array $settings = [], ?string $app = null)
    {
        $this->server = Server::shared();
        $this->app = $app ?? Clients::newApp();
    }

    /** The same site in another browser. */
    public function otherBrowser(): self
    {
        return new self($this->settings, $this->app);
    }

    /** The same site with other settings, in the same browser. */
    public function with(array $settings): self
    {
        $site = new self($settings + $this->settings, $this->app);
        $site->cookies = $this->cookies;
        return $site;
    }

    public function application(): Application
    {
        $application = new Application();
        Application::setInstance($application);
        Facade::clearResolvedInstances();
        Facade::setFacadeApplication($application);
        $application->instance(Container::class, $application);
        $application->alias('session', SessionManager::class);
        $application->instance('config', new Repository());
        foreach ($this->settings + $this->standard() as $name => $value) {
            $application->make('config')->set($name, $value);
        }
        $application->instance('encrypter', new Encrypter(self::KEY, 'AES-256-CBC'));
        $application->start(self::PROVIDERS);
        $application->make('auth')->provider('users', static fn () => new User());
        return $application;
    }

    /** @return array<string, mixed> */
    private function standard(): array
    {
        return [
            'app.key' => self::KEY,
            'sessions.app' => $this->app,
            'session.driver' => 'sessions',
            'session.serialization' => 'json',
            'session.encrypt' => false,
            'session.cookie' => 'laravel_session',
            'session.lifetime' => 120,
            'session.lottery' => [0, 100],
            'session.path' => '/',
            'session.domain' => null,
            'session.secure' => false,
            'session.same_site' => 'lax',
            'session.expire_on_close' => false,
            'session.connection' => 'default',
            'auth.defaults.guard' => 'web',
            'auth.guards.web' => ['driver' => 'session', 'provider' => 'users'],
            'auth.providers.users' => ['driver' => 'users'],
            'cache.default' => 'redis',
            'cache.prefix' => $this->app,
            'cache.stores.redis' => ['driver' => 'redis', 'connection' => 'default'],
            'database.redis.client' => 'phpredis',
            'database.redis.options' => ['prefix' => 'laravel_'],
            'database.redis.default' => ['host' => $this->server->socket(), 'port' => 0, 'database' => 0],
        ];
    }

    /**
     * One request; returns what the action returned.
     *
     * @param callable(Request, Application): mixed $action
     */
    public function request(callable $action, string $method = 'GET', string $path = '/'): mixed
    {
        return $this->begin($method, $path)->finish($action);
    }

    /** A request whose session has been read, and that is still in progress. */
    public function begin(string $method = 'GET', string $path = '/'): Visit
    {
        $server = ['REMOTE_ADDR' => '203.0.113.7', 'HTTP_USER_AGENT' => 'Browser/1.0'];
        $request = Request::create("http://site.test$path", $method, [], $this->cookies, [], $server);
        $application = $this->application();
        $request->setRouteResolver(static fn () => new Route($method, $path, []));
        $application->instance('request', $request);
        return new Visit($this, $application, $request);
    }

    public function keep(Response $response): void
    {
        foreach ($response->headers->getCookies() as $cookie) {
            $this->cookies[$cookie->getName()] = (string) $cookie->getValue();
        }
    }

    /** The session id that the browser's cookie holds. */
    public function id(): ?string
    {
        return $this->request(static fn (Request $request) => $request->cookies->get('laravel_session'));
    }

    public function commands(): Sessions
    {
        return new Sessions(Clients::connect('phpredis', $this->server), $this->app);
    }

    /** All that is stored of the app's only session. */
    public function stored(): ?array
    {
        return $this->commands()->soapp(0)[0] ?? null;
    }

    public function userSessions(): UserSessions
    {
        return $this->application()->make(UserSessions::class);
    }
}
