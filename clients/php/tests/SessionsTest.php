<?php

// Every method over every client on a single server.

declare(strict_types=1);

namespace SessionsForRedis\Tests;

use PHPUnit\Framework\TestCase;
use SessionsForRedis\Exceptions\ConflictException;
use SessionsForRedis\Exceptions\DataTooLargeException;
use SessionsForRedis\Exceptions\InvalidArgumentException;
use SessionsForRedis\Exceptions\InvalidDataException;
use SessionsForRedis\Exceptions\LimitException;
use SessionsForRedis\Exceptions\SessionsException;
use SessionsForRedis\Sessions;
use SessionsForRedis\Tests\Support\Clients;
use SessionsForRedis\Tests\Support\Server;

final class SessionsTest extends TestCase
{
    private const UNKNOWN = '0000000000000000000000000000000000000000000000000000000000000000';

    /** @return array<string, array{string}> */
    public function clients(): array
    {
        return Clients::names();
    }

    private static function sessions(string $client): Sessions
    {
        return new Sessions(Clients::connect($client, Server::shared()), Clients::newApp());
    }

    private static function thrown(callable $use): \Exception
    {
        try {
            $use();
        } catch (\Exception $thrown) {
            return $thrown;
        }
        self::fail('nothing was thrown');
    }

    /** @dataProvider clients */
    public function testASessionIsCreatedReadChangedAndEnded(string $client): void
    {
        $sessions = self::sessions($client);
        $options = ['ip' => '203.0.113.7', 'ua' => 'test', 'ttl' => 60, 'data' => ['cart' => 3]];
        $token = $sessions->create('u1', $options);
        self::assertMatchesRegularExpression('/^[0-9A-Za-z]{64}$/', $token);
        $session = $sessions->get($token);
        self::assertSame(substr(hash('sha256', $token), 0, 16), $session['sid']);
        self::assertGreaterThan(1_700_000_000, $session['created']);
        unset($session['sid'], $session['created'], $session['idle']);
        $first = ['id' => 'u1', 'r' => 1, 'w' => 1, 'ttl' => 60, 'ip' => '203.0.113.7', 'ua' => 'test'];
        self::assertSame($first + ['d' => ['cart' => 3]], $session);
        self::assertSame(2, $sessions->peek($token)['r']);
        $changed = $sessions->set($token, ['cart' => null, 'list' => [1, ['deep' => true]]]);
        self::assertSame(['list' => [1, ['deep' => true]]], $changed['d']);
        self::assertSame(1, $sessions->incr($token, 'clicks'));
        self::assertSame(42, $sessions->incr($token, 'clicks', 41));
        self::assertTrue($sessions->touch($token));
        self::assertTrue($sessions->exists($token));
        self::assertTrue($sessions->kill($token));
        self::assertFalse($sessions->kill($token));
    }

    /** @dataProvider clients */
    public function testAnUnknownTokenIsNullFalseOrZeroAndNoError(string $client): void
    {
        $sessions = self::sessions($client);
        foreach ([self::UNKNOWN, '', 'not a token', "line\r\nbreak\"", "\0"] as $token) {
            self::assertNull($sessions->get($token));
            self::assertNull($sessions->peek($token));
            self::assertNull($sessions->set($token, ['a' => 1]));
            self::assertNull($sessions->incr($token, 'a'));
            self::assertNull($sessions->rotate($token));
            self::assertFalse($sessions->touch($token));
            self::assertFalse($sessions->exists($token));
            self::assertFalse($sessions->kill($token));
        }
    }

    /** @dataProvider clients */
    public function testOptionsReachTheServer(string $client): void
    {
        $sessions = self::sessions($client);
        $token = $sessions->create('u1', ['ttl' => 60, 'lifetime' => 90, 'noResave' => true]);
        $session = $sessions->get($token);
        self::assertTrue($session['no_resave']);
        self::assertGreaterThanOrEqual($session['created'] + 90, $session['until']);
        $changed = $sessions->set($token, ['a' => 1], ['ttl' => 30, 'lifetime' => 100, 'ifW' => 1, 'ifId' => 'u1']);
        self::assertSame(2, $changed['w']);
        $thrown = self::thrown(fn () => $sessions->set($token, ['a' => 2], ['ifW' => 1]));
        self::assertInstanceOf(ConflictException::class, $thrown);
        self::assertSame('CONFLICT', $thrown->getCode());
        self::assertNull($sessions->set($token, ['a' => 2], ['ifId' => '']));
        self::assertTrue($sessions->touch($token, ['ttl' => 20]));
        self::assertLessThanOrEqual(20, $sessions->peek($token)['ttl']);
        $thrown = self::thrown(fn () => $sessions->create('u1', ['max' => 1, 'reject' => true]));
        self::assertInstanceOf(LimitException::class, $thrown);
        $sessions->create('u1', ['max' => 1]);
        self::assertFalse($sessions->exists($token));
    }

    public function testAnUnknownOptionIsRefused(): void
    {
        $sessions = self::sessions('phpredis');
        foreach (['create' => 'u1', 'touch' => 'x', 'rotate' => 'x', 'soid' => 'u1'] as $method => $argument) {
            $thrown = self::thrown(fn () => $sessions->$method($argument, ['time' => 1]));
            self::assertSame('unknown option: time', $thrown->getMessage(), $method);
        }
    }

    /** @dataProvider clients */
    public function testAVisitorsSessionBecomesAUsersWithItsDataUnderANewToken(string $client): void
    {
        $sessions = self::sessions($client);
        $visitor = $sessions->create(null, ['data' => ['cart' => 1]]);
        self::assertArrayNotHasKey('id', $sessions->get($visitor));
        $token = $sessions->rotate($visitor, ['id' => 7, 'ttl' => 60, 'data' => ['hello' => 'ann']]);
        self::assertNotSame($visitor, $token);
        self::assertFalse($sessions->exists($visitor));
        ['id' => $id, 'ttl' => $ttl, 'd' => $data] = $sessions->get($token);
        self::assertSame(['7', 60, ['cart' => 1, 'hello' => 'ann']], [$id, $ttl, $data]);
        $graced = $sessions->rotate($token, ['grace' => 20]);
        self::assertSame($graced, $sessions->get($token)['token']);
        self::assertArrayNotHasKey('id', $sessions->get($sessions->rotate($graced, ['id' => null])));
    }

    /** @dataProvider clients */
    public function testSaveCreatesWithNxWritesWithXxAndBringsNothingBack(string $client): void
    {
        $sessions = self::sessions($client);
        $token = hash('sha256', 'sid');
        self::assertSame(0, $sessions->save($token, ['a' => 1], ['xx' => true]));
        $data = ['a' => 1, 'gone' => null];
        self::assertSame(2, $sessions->save($token, $data, ['nx' => true, 'id' => 'u1', 'ttl' => 60]));
        self::assertSame(0, $sessions->save($token, ['a' => 1], ['nx' => true]));
        self::assertSame($data, $sessions->get($token)['d']);
        self::assertSame(1, $sessions->save($token, ['b' => 1], ['xx' => true, 'ifW' => 1, 'id' => null]));
        self::assertArrayNotHasKey('id', $sessions->get($token));
        $sessions->kill($token);
        self::assertSame(0, $sessions->save($token, ['b' => 1], ['xx' => true]));
    }

    /** @dataProvider clients */
    public function testSessionsAreListedCountedAndEndedByUserAndByApp(string $client): void
    {
        $sessions = self::sessions($client);
        $tokens = [];
        foreach (['u1', 'u1', 'u1', 'u2', null] as $id) {
            $tokens[] = $sessions->create($id, ['data' => ['id' => $id]]);
        }
        $list = $sessions->soid('u1', ['withTokens' => true]);
        self::assertEqualsCanonicalizing(array_slice($tokens, 0, 3), array_column($list, 'token'));
        $options = ['only' => $list[0]['sid'], 'noData' => true, 'dt' => 60, 'asc' => true];
        [$only] = $sessions->soid('u1', $options);
        self::assertSame($list[0]['sid'], $only['sid']);
        self::assertArrayNotHasKey('d', $only);
        self::assertCount(1, $sessions->soid('u1', ['offset' => 1, 'limit' => 1]));
        self::assertSame([], $sessions->soid('nobody'));
        self::assertCount(5, $sessions->soapp(0));
        self::assertCount(2, $sessions->soapp(60, ['limit' => 2, 'noData' => true, 'withTokens' => true]));
        self::assertSame(2, $sessions->activity(60));
        self::assertSame(5, $sessions->count());
        self::assertSame(5, $sessions->count(['dt' => 60]));
        self::assertSame(3, $sessions->countSoid('u1', ['dt' => 60]));
        self::assertEqualsCanonicalizing(['u1', 'u2'], $sessions->users(60));
        self::assertCount(1, $sessions->users(60, ['limit' => 1]));
        self::assertSame(1, $sessions->killSoid('u1', ['only' => $list[0]['sid']]));
        self::assertSame(1, $sessions->killSoid('u1', ['except' => $list[1]['token']]));
        self::assertSame(1, $sessions->killSoid('u1'));
        self::assertSame(2, $sessions->killAll());
    }

    /** @dataProvider clients */
    public function testRefusedArgumentsAreExceptionsWithACodeAndWithoutTheValue(string $client): void
    {
        $sessions = self::sessions($client);
        $thrown = self::thrown(fn () => $sessions->create('u1', ['ip' => "secret\n"]));
        self::assertInstanceOf(InvalidArgumentException::class, $thrown);
        self::assertSame('INVALID', $thrown->getCode());
        self::assertStringNotContainsString('secret', $thrown->getMessage());
        $thrown = self::thrown(fn () => $sessions->create('u1', ['data' => ['long' => str_repeat('x', 70_000)]]));
        self::assertInstanceOf(DataTooLargeException::class, $thrown);
        $token = $sessions->create('u1', ['data' => ['name' => 'ann']]);
        $thrown = self::thrown(fn () => $sessions->incr($token, 'name'));
        self::assertSame([SessionsException::class, 'ERR'], [$thrown::class, $thrown->getCode()]);
    }

    public function testDataThatJsonCannotHoldIsRefusedByNameBeforeAnythingIsSent(): void
    {
        $sessions = self::sessions('phpredis');
        $loop = [];
        $loop['self'] = &$loop;
        $cases = [
            [['price' => NAN], 'price is NAN'],
            [['list' => [1, INF]], 'list[1] is INF'],
            [['a' => ['when' => new \DateTimeImmutable()]], 'a.when is an object of the class DateTimeImmutable'],
            [['a' => ['call' => strlen(...)]], 'a.call is an object of the class Closure'],
            [['file' => STDIN], 'file is a resource'],
            [['name' => "\xff"], 'name is text that is not UTF-8'],
            [['a' => ["\xff" => 1]], 'a key of a is not UTF-8'],
            [["\xff" => 1], 'a key is not UTF-8'],
            [$loop, 'is more than 32 levels deep'],
        ];
        foreach ($cases as [$data, $text]) {
            $thrown = self::thrown(fn () => $sessions->create('u1', ['data' => $data]));
            self::assertInstanceOf(InvalidDataException::class, $thrown);
            self::assertStringContainsString($text, $thrown->getMessage());
            self::assertSame('DATA', $thrown->getCode());
        }
        self::assertSame(0, $sessions->count());
    }

    public function testValuesKeepTheirTypes(): void
    {
        $sessions = self::sessions('phpredis');
        $data = ['text' => "\u{1F600}/\"\\", 'no' => false, 'int' => PHP_INT_MAX, 'sum' => 0.1 + 0.2, 'one' => 1.0];
        $data += ['list' => [], 'nested' => ['a' => [['b' => null]]], 5 => 'five', '' => 'empty'];
        $token = $sessions->create('u1', ['data' => $data]);
        self::assertSame($data, $sessions->get($token)['d']);
        $sessions->set($token, ['map' => new \stdClass()]);
        $stored = Server::shared()->ask("SESSIONS.PEEK {$sessions->app} $token JSON");
        self::assertStringContainsString('"list":[]', $stored);
        self::assertStringContainsString('"map":{}', $stored);
    }

    public function testAnAppOfAnotherFormAndWhatIsNoClientAreRefusedAtOnce(): void
    {
        $client = Clients::connect('phpredis', Server::shared());
        foreach (['', 'a b', "a\n", str_repeat('x', 65)] as $app) {
            $thrown = self::thrown(fn () => new Sessions($client, $app));
            self::assertStringStartsWith('app must be', $thrown->getMessage());
        }
        foreach ([null, 'redis://', new \stdClass(), 1] as $other) {
            $thrown = self::thrown(fn () => new Sessions($other, 'webapp'));
            self::assertStringStartsWith('client must be', $thrown->getMessage());
        }
    }

    public function testAnOptionOfAnotherTypeIsNamed(): void
    {
        $sessions = self::sessions('phpredis');
        $wrong = [['ttl' => 5.5], ['ttl' => [5]], ['ttl' => true], ['ua' => ['x']], ['data' => '{}']];
        foreach ($wrong as $options) {
            $thrown = self::thrown(fn () => $sessions->create('u1', $options));
            self::assertInstanceOf(\InvalidArgumentException::class, $thrown);
            self::assertStringStartsWith(key($options) . ' must be', $thrown->getMessage());
        }
        self::assertSame(0, $sessions->count());
    }

    public function testTheSettingsOfTheUsersClientDoNotMatter(): void
    {
        $server = Server::shared();
        $redis = Clients::connect('phpredis', $server);
        $redis->setOption(\Redis::OPT_SERIALIZER, \Redis::SERIALIZER_PHP);
        $redis->setOption(\Redis::OPT_PREFIX, 'site:');
        $predis = new \Predis\Client("unix:{$server->socket()}", ['prefix' => 'site:', 'exceptions' => false]);
        foreach ([$redis, $predis] as $client) {
            $sessions = new Sessions($client, Clients::newApp());
            $token = $sessions->create('u1', ['data' => ['a' => 1]]);
            self::assertSame(['a' => 1], $sessions->get($token)['d']);
            $thrown = self::thrown(fn () => $sessions->touch($token, ['ttl' => -1]));
            self::assertInstanceOf(InvalidArgumentException::class, $thrown);
            self::assertSame(1, $sessions->killAll());
        }
        $redis->multi();
        $thrown = self::thrown(fn () => (new Sessions($redis, 'webapp'))->count());
        self::assertInstanceOf(\LogicException::class, $thrown);
    }
}
