<?php

// Measures the package against raw commands and phpredis' own session handler. Prints Markdown;
// ratios of one run, measured in turns, so that whatever else the machine does falls on all of them
// alike. bench.php [--quick]

declare(strict_types=1);

use SessionsForRedis\Bench\Load;
use SessionsForRedis\Sessions;
use SessionsForRedis\Tests\Support\Clients;
use SessionsForRedis\Tests\Support\Server;
use SessionsForRedis\Tests\Support\Site;

require __DIR__ . '/../tests/bootstrap.php';
require __DIR__ . '/Load.php';

[$rounds, $milliseconds] = in_array('--quick', $argv, true) ? [3, 300] : [7, 2000];

/** @param list<string|float> $cells */
function row(array $cells): void
{
    $text = static fn (float $number): string => number_format($number, $number < 100 ? 2 : 0);
    $texts = array_map(static fn ($cell) => is_float($cell) ? $text($cell) : $cell, $cells);
    echo '| ' . implode(' | ', $texts) . " |\n";
}

function median(array $numbers): float
{
    sort($numbers);
    return $numbers[intdiv(count($numbers), 2)];
}

/**
 * Measures each use in turns; returns the medians by name: uses a second, and the 99th percentile
 * in milliseconds.
 *
 * @param array<string, callable(int): array{float, float}> $uses
 * @return array<string, array{float, float}>
 */
function compare(array $uses, int $rounds, int $milliseconds): array
{
    $found = array_map(static fn () => [[], []], $uses);
    foreach ($uses as $use) {
        $use(intdiv($milliseconds, 4)); // warm
    }
    for ($round = 0; $round < $rounds; $round++) {
        foreach ($uses as $name => $use) {
            [$found[$name][0][], $found[$name][1][]] = $use($milliseconds);
        }
    }
    return array_map(static fn (array $numbers): array => array_map(median(...), $numbers), $found);
}

/** Repeats one call in this process. */
function repeated(callable $call): Closure
{
    return static function (int $milliseconds) use ($call): array {
        $end = ($begin = hrtime(true)) + $milliseconds * 1_000_000;
        for ($n = 0; ($now = hrtime(true)) < $end; $n++) {
            $call($n);
        }
        return [$n / (($now - $begin) / 1e9), 0.0];
    };
}

$server = Server::shared();
$redis = Clients::connect('phpredis', $server);
$app = 'bench';
$sessions = new Sessions($redis, $app);
$raw = static fn (string ...$words): mixed => $redis->rawCommand(...$words);
$data = ['cart' => 3, 'lang' => 'en', 'name' => 'somebody'];
$text = json_encode($data);
$tokens = array_map(static fn (int $n): string => $sessions->create("u$n", ['data' => $data]), range(0, 999));
$token = static fn (int $n): string => $tokens[$n % 1000];
$hash = static fn (int $n): string => hash('sha256', (string) ($n % 1000));
$pairs = [
    'create' => [
        fn ($n) => $sessions->create("c$n", ['data' => $data]),
        fn ($n) => $raw('SESSIONS.CREATE', $app, "c$n", 'DATA', $text),
    ],
    'get' => [fn ($n) => $sessions->get($token($n)), fn ($n) => $raw('SESSIONS.GET', $app, $token($n), 'JSON')],
    'set' => [
        fn ($n) => $sessions->set($token($n), ['cart' => $n]),
        fn ($n) => $raw('SESSIONS.SET', $app, $token($n), "{\"cart\":$n}", 'JSON'),
    ],
    'save' => [fn ($n) => $sessions->save($hash($n), $data), fn ($n) => $raw('SESSIONS.SAVE', $app, $hash($n), $text)],
    'touch' => [fn ($n) => $sessions->touch($token($n)), fn ($n) => $raw('SESSIONS.TOUCH', $app, $token($n))],
    'soid' => [
        fn ($n) => $sessions->soid('u' . $n % 1000),
        fn ($n) => $raw('SESSIONS.SOID', $app, 'u' . $n % 1000, 'JSON'),
    ],
    'kill' => [fn ($n) => $sessions->kill($hash($n)), fn ($n) => $raw('SESSIONS.KILL', $app, $hash($n))],
];
echo "\n## Methods against the same command by `rawCommand`\n\n";
row(['method', 'a second', 'raw', 'ratio']);
row(['---', '---:', '---:', '---:']);
foreach ($pairs as $name => [$ours, $other]) {
    $found = compare(['ours' => repeated($ours), 'raw' => repeated($other)], $rounds, $milliseconds);
    row([$name, $found['ours'][0], $found['raw'][0], $found['ours'][0] / $found['raw'][0]]);
}

/** A process that starts and writes sessions. */
function process(string $client, Server $server): Closure
{
    $site = json_encode(['client' => $client, 'socket' => $server->socket(), 'app' => "bench-$client"]);
    $pipes = [];
    $process = proc_open(
        [PHP_BINARY, '-d', 'opcache.enable_cli=1', __DIR__ . '/process.php'],
        [['pipe', 'r'], ['pipe', 'w'], STDERR],
        $pipes,
        null,
        ['SITE' => $site] + getenv(),
    );
    return static function (string $what) use ($pipes, $process): Closure {
        return static function (int $milliseconds) use ($pipes, $process, $what): array {
            fwrite($pipes[0], "$what $milliseconds\n");
            return json_decode((string) fgets($pipes[1]), true) ?? throw new RuntimeException('a process has ended');
        };
    };
}

const COLUMNS = ['a second', 'phpredis', 'ratio', 'p99, ms', 'phpredis'];

function against(string $name, array $uses, int $rounds, int $milliseconds): void
{
    [[$ours, $late], [$usual, $usualLate]] = array_values(compare($uses, $rounds, $milliseconds));
    row([$name, $ours, $usual, $ours / $usual, $late, $usualLate]);
}

$processes = ['ours' => process('phpredis', $server), 'usual' => process('usual', $server)];
echo "\n## One process that starts and closes sessions, against phpredis' own session handler\n\n";
row(['session', ...COLUMNS]);
row(['---', ...array_fill(0, 5, '---:')]);
foreach (['read' => 'read', 'change' => 'read and changed'] as $what => $name) {
    against($name, array_map(static fn ($process) => $process($what), $processes), $rounds, $milliseconds);
}

$sites = [];
foreach (['phpredis', 'usual'] as $client) {
    $sites[$client] = Site::behindNginx([], ['client' => $client, 'script' => __DIR__ . '/site.php']);
}
$loads = array_map(static fn (Site $site): Load => new Load($site), $sites);
echo "\n## A site on php-fpm behind nginx, 16 requests at once, against phpredis' own session handler\n\n";
row(['request', ...COLUMNS]);
row(['---', ...array_fill(0, 5, '---:')]);
foreach (['/read' => 'session read', '/change' => 'session read and changed'] as $path => $name) {
    $uses = array_map(static fn ($load) => static fn (int $time) => $load->measure($path, $time), $loads);
    against($name, $uses, $rounds, $milliseconds);
}

echo "\n## Commands of a request\n\n";
row(['request', 'ours', 'phpredis']);
row(['---', '---', '---']);
foreach (['/read' => 'session read', '/change' => 'session read and changed'] as $path => $name) {
    $cells = array_map(static function (Site $site) use ($server, $path): string {
        $browser = $site->browser();
        $browser->get('/change');
        // ECHO is phpredis' look at a connection that stays open, on both sides.
        $asked = array_diff_key($server->asked(static fn () => $browser->get($path)), ['echo' => 0]);
        return implode(', ', array_keys($asked));
    }, $sites);
    row([$name, ...array_map(strtoupper(...), array_values($cells))]);
}
