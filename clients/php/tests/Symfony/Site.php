<?php

// The Symfony site of tests/sites/symfony.php, served by PHP's own server.

declare(strict_types=1);

namespace SessionsForRedis\Tests\Symfony;

use SessionsForRedis\Sessions;
use SessionsForRedis\Tests\Support\Child;
use SessionsForRedis\Tests\Support\Clients;
use SessionsForRedis\Tests\Support\Packages;
use SessionsForRedis\Tests\Support\Server;
use SessionsForRedis\Tests\Support\Wait;

final class Site
{
    private const SCRIPT = __DIR__ . '/../sites/symfony.php';

    /** @var array<string, self> by its settings */
    private static array $running = [];

    private function __construct(public readonly string $address, public readonly string $app)
    {
    }

    /**
     * A site with these settings of the session handler. Each has its own app.
     *
     * @param array<string, mixed> $settings
     */
    public static function with(array $settings = [], string $firewall = 'main'): self
    {
        return self::$running[json_encode([$settings, $firewall])] ??= self::start($settings, $firewall);
    }

    private static function start(array $settings, string $firewall): self
    {
        Packages::need(Packages::SYMFONY);
        $app = $settings['app'] ?? Clients::newApp();
        [$port] = Server::freePorts(1);
        $words = [PHP_BINARY, '-d', 'variables_order=EGPCS', '-S', "127.0.0.1:$port", self::SCRIPT];
        new Child($words, Child::newFolder(), [
            'PHP_CLI_SERVER_WORKERS' => '3',
            'REDIS' => Server::shared()->socket(),
            'SETTINGS' => json_encode($settings + ['app' => $app], JSON_THROW_ON_ERROR),
            'FIREWALL' => $firewall,
        ]);
        Wait::until('the site replies', static function () use ($port): bool {
            $stream = @stream_socket_client("tcp://127.0.0.1:$port");
            return $stream !== false && fclose($stream);
        });
        return new self("tcp://127.0.0.1:$port", $app);
    }

    public function commands(): Sessions
    {
        return new Sessions(Clients::connect('phpredis', Server::shared()), $this->app);
    }
}
