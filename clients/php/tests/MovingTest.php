<?php

// From phpredis' own session handler to this one, so that no user is logged out.

declare(strict_types=1);

namespace SessionsForRedis\Tests;

use PHPUnit\Framework\TestCase;
use SessionsForRedis\Data\PhpText;
use SessionsForRedis\Tests\Support\Clients;
use SessionsForRedis\Tests\Support\Server;
use SessionsForRedis\Tests\Support\Site;

final class MovingTest extends TestCase
{
    public function testBothFormsOfPhpsTextAreRead(): void
    {
        $data = ['a' => 1, 'text' => 'x|y";{', 'no' => false, 'null' => null, 'f' => 0.5];
        $data['list'] = [[true], 's' => ['|']];
        $php = '';
        foreach ($data as $name => $value) {
            $php .= "$name|" . serialize($value);
        }
        self::assertSame($data, PhpText::read($php));
        self::assertSame($data, PhpText::read(serialize($data)));
        self::assertSame([], PhpText::read(''));
        self::assertSame([], PhpText::read('a:0:{}'));
        $object = PhpText::read('o|' . serialize(new \ArrayObject([1])) . 'c|E:11:"Suit:Hearts";d|i:1;');
        self::assertSame(1, $object['d']);
        foreach (['rubbish', 'a|', 'a|i:1', 'a|a:2:{i:0;i:1;}', 'a|s:9:"x";', "\x00\x00\x00\x02"] as $text) {
            self::assertNull(PhpText::read($text), $text);
        }
    }

    /** @return array<string, array{array<string, mixed>, array<string, mixed>}> */
    public function forms(): array
    {
        return [
            'token' => [[], []],
            'sha256' => [['cookie' => 'sha256'], []],
            'signed' => [['cookie' => 'signed', 'secret' => 'cats'], []],
            'from php_serialize' => [[], ['ini' => ['session.serialize_handler' => 'php_serialize']]],
            'Predis' => [[], ['client' => 'Predis']],
        ];
    }

    /** @dataProvider forms */
    public function testASessionIsMovedAtItsNextRequestAndNobodyIsLoggedOut(array $options, array $more): void
    {
        $app = Clients::newApp();
        $usual = Site::serve([], ['client' => 'usual', 'app' => $app] + array_intersect_key($more, ['ini' => 0]));
        $site = Site::serve($options + ['from' => "$app:"], ['app' => $app] + array_diff_key($more, ['ini' => 0]));
        $before = $usual->browser();
        $before->get('/set?cart=[1,{"deep":0.5}]&user=ann');
        $browser = $site->browser();
        $browser->cookies = $before->cookies;
        $read = ['cart' => [1, ['deep' => 0.5]], 'user' => 'ann'];
        self::assertSame($read, $browser->json('/read'));
        $isSigned = isset($options['secret']);
        self::assertSame($isSigned, $browser->session() !== $before->session());
        self::assertSame($read, $browser->json('/read'));
        self::assertSame('ann', $site->sessions()->soid('ann')[0]['id'], 'it is one of the user\'s devices');
        $ttl = Server::shared()->ask("TTL $app:{$before->session()}");
        $isSigned ? self::assertLessThanOrEqual(10, (int) substr($ttl, 1)) : self::assertSame(':-2', $ttl);
        $browser->get('/login?user=ann');
        self::assertSame($read, $browser->json('/read'));
        $browser->get('/logout');
        self::assertSame(0, $site->sessions()->count());
    }

    public function testNoOtherKeyIsReadOrRemoved(): void
    {
        $site = Site::serve(['from' => 'site:']);
        $server = Server::shared();
        $server->ask('SET', 'site:x', serialize(['user' => 'ann']));
        $server->ask('SET', 'site:cache:of:all:the:pages', serialize(['user' => 'ann']));
        foreach (['x', 'cache:of:all:the:pages'] as $id) {
            $browser = $site->browser();
            $browser->cookies['PHPSESSID'] = $id;
            self::assertSame([], $browser->json('/read'));
            self::assertSame(':1', $server->ask("EXISTS site:$id"));
        }
    }

    public function testWhatJsonCannotHoldIsLeftOutAndTheRestIsMoved(): void
    {
        $site = Site::serve(['from' => 'old:']);
        $id = bin2hex(random_bytes(16));
        $data = ['user' => 'ann', 'when' => new \DateTimeImmutable(), 'bytes' => "\xff"];
        Server::shared()->ask('SET', "old:$id", serialize($data));
        $browser = $site->browser();
        $browser->cookies['PHPSESSID'] = $id;
        self::assertSame(['user' => 'ann'], $browser->json('/read'));
        $log = (string) file_get_contents("{$site->folder}/output");
        self::assertStringContainsString('not moved: session data: when is an object', $log);
        self::assertStringNotContainsString($id, $log);
    }
}
