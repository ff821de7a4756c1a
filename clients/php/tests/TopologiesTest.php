<?php

// Clusters, Sentinel and clients that are made when they are needed: where commands go, and that
// whole-app calls cover all primaries.

declare(strict_types=1);

namespace SessionsForRedis\Tests;

use PHPUnit\Framework\TestCase;
use SessionsForRedis\Exceptions\CrossSlotException;
use SessionsForRedis\Exceptions\SessionsException;
use SessionsForRedis\Sessions;
use SessionsForRedis\Tests\Support\Clients;
use SessionsForRedis\Tests\Support\Server;
use SessionsForRedis\Tests\Support\Site;
use SessionsForRedis\Tests\Support\Wait;

final class TopologiesTest extends TestCase
{
    /** @var ?list<Server> */
    private static ?array $nodes = null;

    /** @return array<string, array{string}> */
    public function clients(): array
    {
        return Clients::names();
    }

    /** @return list<Server> */
    private static function nodes(): array
    {
        return self::$nodes ??= Server::cluster();
    }

    private static function redirections(): int
    {
        return array_sum(array_map(static function (Server $node): int {
            preg_match('/errorstat_MOVED:count=(\d+)/', $node->ask('INFO errorstats'), $found);
            return (int) ($found[1] ?? 0);
        }, self::nodes()));
    }

    /** @dataProvider clients */
    public function testInAClusterCommandsGoToTheNodeOfTheTokenOrIdAndWholeAppCallsToAll(string $client): void
    {
        $sessions = new Sessions(Clients::cluster($client, self::nodes()), Clients::newApp());
        self::assertTrue($sessions->isCluster());
        self::assertSame(0, $sessions->count());
        $moved = self::redirections();
        $tokens = [];
        for ($n = 0; $n < 30; $n++) {
            $token = $tokens["u$n"] = $sessions->create("u$n", ['data' => ['n' => $n]]);
            self::assertSame($n, $sessions->get($token)['d']['n']);
            self::assertSame(2, $sessions->set($token, ['n' => $n + 1])['w']);
            self::assertSame(1, $sessions->countSoid("u$n"));
            $sessions->create(null);
        }
        self::assertSame($moved, self::redirections());
        foreach (self::nodes() as $node) {
            self::assertNotSame(':0', $node->ask("SESSIONS.COUNT {$sessions->app}"), 'visitors spread');
        }
        self::assertSame(60, $sessions->count());
        self::assertSame(30, $sessions->activity(600));
        self::assertEqualsCanonicalizing(array_keys($tokens), $sessions->users(600));
        $idle = array_column($sessions->soapp(600, ['noData' => true]), 'idle');
        $sorted = $idle;
        sort($sorted);
        self::assertSame([60, $sorted], [count($idle), $idle]);
        // The order moves when a second passes between two pages, or between two nodes of one.
        Wait::until('three pages that show each session once', static function () use ($sessions): bool {
            $sids = [];
            foreach ([0, 20, 40] as $offset) {
                $page = $sessions->soapp(600, ['offset' => $offset, 'limit' => 20]);
                self::assertCount(20, $page);
                array_push($sids, ...array_column($page, 'sid'));
            }
            return count(array_unique($sids)) === 60;
        });
        $users = [];
        foreach (range(0, 29, 7) as $offset) {
            array_push($users, ...$sessions->users(600, ['offset' => $offset, 'limit' => 7]));
        }
        self::assertCount(30, array_unique($users));
        self::assertSame(1, $sessions->killSoid('u7'));
        self::assertSame(59, $sessions->killAll());
    }

    /** @dataProvider clients */
    public function testAUserOfAnotherHashSlotIsCrossSlotException(string $client): void
    {
        $sessions = new Sessions(Clients::cluster($client, self::nodes()), Clients::newApp());
        $token = $sessions->create('u0');
        $this->expectException(CrossSlotException::class);
        foreach (range(0, 29) as $n) {
            $sessions->rotate($token, ['id' => "other$n"]);
        }
    }

    /** @dataProvider clients */
    public function testKillAllIsSentToEveryPrimaryAndTheErrorSaysWhatWasDone(string $client): void
    {
        $sessions = new Sessions(Clients::cluster($client, self::nodes()), Clients::newApp());
        foreach (self::nodes() as $failing) {
            for ($n = 0; $n < 30; $n++) {
                $sessions->create(null);
            }
            $left = (int) substr($failing->ask("SESSIONS.COUNT {$sessions->app}"), 1);
            $failing->ask('CONFIG SET min-replicas-to-write 1');
            try {
                $sessions->killAll();
                self::fail('killAll has succeeded');
            } catch (SessionsException $exception) {
                self::assertSame('NOREPLICAS', $exception->getCode());
                $ended = 30 - $left;
                $done = "(2 of 3 primaries ended $ended sessions; repeat the call for the others)";
                self::assertStringEndsWith($done, $exception->getMessage());
            } finally {
                $failing->ask('CONFIG SET min-replicas-to-write 0');
            }
            self::assertSame($left, $sessions->count());
            self::assertSame($left, $sessions->killAll());
        }
    }

    public function testThePrefixOfTheUsersClientDoesNotChangeTheNode(): void
    {
        $client = Clients::cluster('phpredis', self::nodes());
        $client->setOption(\RedisCluster::OPT_PREFIX, 'site:');
        $sessions = new Sessions($client, Clients::newApp());
        $moved = self::redirections();
        foreach (['u1', 'u2', 'u3', '{a}b', 'a{}b'] as $id) {
            self::assertSame($id, $sessions->get($sessions->create($id))['id']);
        }
        self::assertSame($moved, self::redirections());
    }

    /** @dataProvider clients */
    public function testACommandWaitsWhileItsHashSlotMoves(string $client): void
    {
        $nodes = self::nodes();
        $sessions = new Sessions(Clients::cluster($client, $nodes), 'moving');
        $slot = (int) substr($nodes[0]->ask("CLUSTER KEYSLOT $client"), 1);
        $owner = $nodes[(int) ($slot / 5461.34)];
        $target = $nodes[0] === $owner ? $nodes[1] : $nodes[0];
        $token = $sessions->create($client);
        $target->ask("CLUSTER SETSLOT $slot IMPORTING " . $owner->ask('CLUSTER MYID'));
        $owner->ask("CLUSTER SETSLOT $slot MIGRATING " . $target->ask('CLUSTER MYID'));
        // The slot comes to rest when the command has been refused: by the node that gets the slot,
        // where a client follows it.
        $refusal = $client === 'phpredis' ? [$owner, 'errorstat_ASK'] : [$target, 'errorstat_TRYAGAIN'];
        $pid = pcntl_fork();
        if ($pid === 0) {
            Wait::until('a refusal', static fn (): bool =>
                str_contains($refusal[0]->ask('INFO errorstats'), $refusal[1]));
            foreach ([$owner, $target] as $node) {
                $node->ask("CLUSTER SETSLOT $slot STABLE");
                $node->ask('CONFIG RESETSTAT');
            }
            posix_kill(posix_getpid(), SIGKILL); // without the shutdown of the tests
        }
        self::assertSame($client, $sessions->get($token)['id']);
        pcntl_waitpid($pid, $status);
    }

    /** @dataProvider clients */
    public function testPhpsSessionsWorkInACluster(string $client): void
    {
        $ports = array_map(static fn (Server $node): int => $node->port, self::nodes());
        foreach (['token', 'sha256'] as $cookie) {
            $options = ['cookie' => $cookie, 'id' => null];
            $site = Site::serve($options, ['client' => $client, 'cluster' => $ports]);
            $sessions = new Sessions(Clients::cluster($client, self::nodes()), $site->app);
            $browser = $site->browser();
            $browser->get('/set?cart=1');
            foreach (['true', 'false'] as $renew) {
                $before = $browser->session();
                $browser->get("/renew?renew=$renew");
                self::assertNotSame($before, $browser->session());
            }
            [$one, $two] = [$site->hold($browser, '/slow?a=1'), $site->hold($browser, '/slow?b=2')];
            $one();
            $two();
            self::assertSame(['cart' => 1, 'a' => 1, 'b' => 2], $browser->json('/read'));
            $browser->get('/logout');
            self::assertSame([], $browser->json('/read'));
            $sessions->killAll();
        }
        $site = Site::serve([], ['client' => $client, 'cluster' => $ports]);
        self::assertStringContainsString('id cannot be used in a cluster', $site->browser()->get('/set?a=1')['text']);
    }

    /** @dataProvider clients */
    public function testSentinelIsServed(string $client): void
    {
        $sentinel = Server::sentinel(Server::start(hasPort: true));
        $sessions = new Sessions(Clients::sentinel($client, $sentinel), 'webapp');
        $token = $sessions->create('u1', ['data' => ['a' => 1]]);
        self::assertSame(['a' => 1], $sessions->get($token)['d']);
        self::assertSame(1, $sessions->killAll());
    }

    public function testAClosureIsAskedForTheClientAtTheFirstCommandAndAgainAfterAFailover(): void
    {
        $servers = [Server::start(), Server::start()];
        $asked = 0;
        $sessions = new Sessions(static function () use ($servers, &$asked): \Redis {
            return Clients::connect('phpredis', $servers[$asked++]);
        }, 'webapp');
        self::assertSame(0, $asked);
        $sessions->create('u1');
        $sessions->count();
        self::assertSame(1, $asked);
        $servers[0]->ask('REPLICAOF 127.0.0.1 1');
        $sessions->create('u1');
        self::assertSame([2, 1], [$asked, $sessions->count()]);
    }

    public function testAClusterClientInMultiIsRefused(): void
    {
        $client = Clients::cluster('phpredis', self::nodes());
        $client->multi();
        $this->expectException(\LogicException::class);
        (new Sessions($client, 'webapp'))->get('x');
    }

    public function testSeveralServersWithoutAClusterAreRefused(): void
    {
        $this->expectExceptionMessage('must be configured for a cluster');
        $servers = ['tcp://127.0.0.1:1', 'tcp://127.0.0.1:2'];
        new Sessions(new \Predis\Client($servers, ['cluster' => 'predis']), 'webapp');
    }
}
