<?php

// The site of tests/sites/site.php, served by PHP's own server or by php-fpm behind nginx.

declare(strict_types=1);

namespace SessionsForRedis\Tests\Support;

use SessionsForRedis\Sessions;

final class Site
{
    private const SCRIPT = __DIR__ . '/../sites/site.php';

    private static int $held = 0;

    /** @param string $address what stream_socket_client takes */
    private function __construct(
        public readonly string $address,
        public readonly string $app,
        public readonly string $folder,
        public readonly Server $server,
    ) {
    }

    /**
     * Serves the site by `php -S` with four processes.
     *
     * @param array<string, mixed> $options of Handler::register
     * @param array<string, mixed> $more of the site: `client`, `app`, `ini`, `start`, `script`
     */
    public static function serve(array $options = [], array $more = []): self
    {
        [$folder, $app, $site] = self::site($options, $more);
        [$port] = Server::freePorts(1);
        $words = [PHP_BINARY, '-d', 'variables_order=EGPCS', '-S', "127.0.0.1:$port", self::SCRIPT];
        new Child($words, $folder, ['SITE' => $site, 'PHP_CLI_SERVER_WORKERS' => '4']);
        return self::ready(new self("tcp://127.0.0.1:$port", $app, $folder, Server::shared()));
    }

    /** @return array{string, string, string} */
    private static function site(array $options, array $more): array
    {
        $folder = Child::newFolder();
        $site = $more + ['client' => 'phpredis', 'app' => Clients::newApp(), 'ini' => [], 'start' => []];
        $site += ['socket' => Server::shared()->socket(), 'folder' => $folder, 'options' => $options];
        return [$folder, $site['app'], json_encode($site, JSON_THROW_ON_ERROR)];
    }

    /** A site that is being started. */
    public static function at(string $address, string $app, string $folder): self
    {
        return self::ready(new self($address, $app, $folder, Server::shared()));
    }

    private static function ready(self $site): self
    {
        Wait::until('the site replies', static function () use ($site): bool {
            try {
                return $site->browser()->get('/nothing')['status'] === 200;
            } catch (\RuntimeException) {
                return false;
            }
        });
        return $site;
    }

    /** Serves the site by php-fpm behind nginx, over Unix sockets. */
    public static function behindNginx(array $options = [], array $more = []): self
    {
        [$folder, $app, $site] = self::site($options, $more);
        $isRoot = posix_getuid() === 0;
        $pool = [
            '[global]', "error_log = $folder/log", 'daemonize = no',
            '[site]', "listen = $folder/fpm.sock", 'pm = static', 'pm.max_children = 4', 'clear_env = no',
            ...($isRoot ? ['user = root', 'group = root'] : []),
        ];
        file_put_contents("$folder/fpm.conf", implode("\n", $pool) . "\n");
        $words = [Programs::phpFpm(), '--nodaemonize', '--fpm-config', "$folder/fpm.conf"];
        new Child([...$words, ...($isRoot ? ['--allow-to-run-as-root'] : [])], $folder, ['SITE' => $site]);
        Wait::until('php-fpm listens', static fn (): bool => file_exists("$folder/fpm.sock"));
        $script = realpath($more['script'] ?? self::SCRIPT);
        $user = $isRoot ? 'user root;' : '';
        file_put_contents("$folder/nginx.conf", <<<CONF
            daemon off;
            $user
            worker_processes 1;
            pid $folder/nginx.pid;
            error_log $folder/log;
            events {}
            http {
                access_log off;
                keepalive_requests 10000000;
                client_body_temp_path $folder/body;
                fastcgi_temp_path $folder/fastcgi;
                proxy_temp_path $folder/proxy;
                scgi_temp_path $folder/scgi;
                uwsgi_temp_path $folder/uwsgi;
                server {
                    listen unix:$folder/nginx.sock;
                    location / {
                        fastcgi_pass unix:$folder/fpm.sock;
                        fastcgi_param SCRIPT_FILENAME $script;
                        fastcgi_param REQUEST_METHOD \$request_method;
                        fastcgi_param REQUEST_URI \$request_uri;
                        fastcgi_param QUERY_STRING \$query_string;
                        fastcgi_param REMOTE_ADDR 198.51.100.7;
                    }
                }
            }
            CONF);
        new Child([Programs::nginx(), '-c', "$folder/nginx.conf", '-e', "$folder/log"], $folder);
        return self::ready(new self("unix://$folder/nginx.sock", $app, $folder, Server::shared()));
    }

    public function browser(): Browser
    {
        return new Browser($this);
    }

    public function sessions(): Sessions
    {
        return new Sessions(Clients::connect('phpredis', $this->server), $this->app);
    }

    /**
     * Starts a request that the site holds; what is returned lets it go and returns its response.
     */
    public function hold(Browser $browser, string $path): \Closure
    {
        $name = 'held' . self::$held++;
        $response = $browser->start($path . (str_contains($path, '?') ? '&' : '?') . "held=$name");
        Wait::until("$name arrives", fn (): bool => file_exists("{$this->folder}/$name.arrived"));
        return function () use ($name, $response): array {
            touch("{$this->folder}/$name.go");
            return $response();
        };
    }
}
