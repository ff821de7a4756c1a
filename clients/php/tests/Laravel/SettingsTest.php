<?php

// What config/sessions.php and config/session.php lead to.

declare(strict_types=1);

namespace SessionsForRedis\Tests\Laravel;

use Illuminate\Http\Request;
use Illuminate\Session\NullSessionHandler;
use Illuminate\Session\SessionManager;
use SessionsForRedis\Laravel\GuardId;
use SessionsForRedis\Laravel\Serialization;
use SessionsForRedis\Laravel\SessionHandler;
use SessionsForRedis\Laravel\Settings;
use SessionsForRedis\Stores\CookieForm;
use SessionsForRedis\Stores\Keeper;
use SessionsForRedis\Stores\Options;
use SessionsForRedis\Tests\Support\Clients;
use SessionsForRedis\Tests\Support\Server;

final class SettingsTest extends Laravel
{
    public function testEncryptedDataAreRefusedAtTheStart(): void
    {
        $this->expectException(\InvalidArgumentException::class);
        $this->expectExceptionMessage('requires session.encrypt to be false');
        (new Site(['session.encrypt' => true]))->begin();
    }

    public function testAnotherSerializationThanJsonIsRefusedAtTheStart(): void
    {
        if (Serialization::installed() === Serialization::Php) {
            (new Site(['session.serialization' => null]))->begin();
            $this->expectNotToPerformAssertions(); // Laravel 8 has no such setting.
            return;
        }
        $this->expectException(\InvalidArgumentException::class);
        $this->expectExceptionMessage("requires 'serialization' => 'json'");
        (new Site(['session.serialization' => 'php']))->begin();
    }

    public function testTheTimeOutIsThatOfTheConfiguration(): void
    {
        $site = new Site(['session.lifetime' => 5, 'sessions.lifetime' => 900]);
        $site->request(static fn (Request $request) => $request->session()->put('a', 1));
        $stored = $site->stored();
        self::assertSame([300, 900], [$stored['ttl'], $stored['until'] - $stored['created']]);
        $longer = $site->with(['session.lifetime' => 10]);
        $longer->request(static fn (Request $request) => $request->session()->put('a', 1));
        self::assertSame(600, $longer->stored()['ttl']);
    }

    public function testLaravelsConnectionMayBeOfPredis(): void
    {
        $site = new Site([
            'database.redis.client' => 'predis',
            'database.redis.default' => ['scheme' => 'unix', 'path' => Server::shared()->socket()],
        ]);
        $site->request(static fn (Request $request) => $request->session()->put('a', 1));
        self::assertSame(1, $site->request(static fn (Request $request) => $request->session()->get('a')));
        self::assertSame(1, $site->commands()->count());
    }

    public function testAfterAFailoverTheConnectionIsMadeAgain(): void
    {
        [$primary, $other] = [Server::start(), Server::start()];
        $address = "{$primary->folder}/address";
        symlink($primary->socket(), $address);
        $site = new Site(['database.redis.default' => ['host' => $address, 'port' => 0]]);
        $handler = $site->application()->make('session')->driver()->getHandler();
        $id = str_repeat('a', 40);
        self::assertSame('', $handler->read($id));
        $primary->ask('REPLICAOF 127.0.0.1 1');
        unlink($address);
        symlink($other->socket(), $address);
        $handler->write($id, $handler->serialization->text(['a' => 1]));
        self::assertSame(['a' => 1], $handler->serialization->data($handler->read($id)));
    }

    public function testDriversThatWereAddedBeforeStay(): void
    {
        $application = (new Site())->application();
        $before = new SessionManager($application);
        $before->extend('mine', static fn () => new NullSessionHandler());
        $store = \SessionsForRedis\Laravel\SessionManager::inPlaceOf($before, $application)->driver('mine');
        self::assertInstanceOf(NullSessionHandler::class, $store->getHandler());
    }

    /** @dataProvider forms */
    public function testACookieOfAnotherLanguageOpensItsSession(array $settings, CookieForm $form): void
    {
        $site = new Site(['session.unencrypted' => ['laravel_session']] + $settings);
        $value = $form->draw();
        $site->cookies['laravel_session'] = $value;
        $site->commands()->save((string) $form->token($value), ['cart' => 3], ['id' => 'u1']);
        self::assertSame(3, $site->request(static fn (Request $request) => $request->session()->get('cart')));
        self::assertSame($value, $site->cookies['laravel_session']);

        $other = $site->otherBrowser();
        $other->request(static fn (Request $request) => $request->session()->put('cart', 4));
        $token = $form->token($other->cookies['laravel_session']);
        self::assertSame(4, $site->commands()->peek((string) $token)['d']['cart']);
    }

    /** @return array<string, array{array<string, mixed>, CookieForm}> */
    public static function forms(): array
    {
        $signed = ['sessions.cookie' => 'signed', 'sessions.secret' => ['new', 'old']];
        return [
            'sha256' => [[], CookieForm::of('sha256')],
            'signed' => [$signed, CookieForm::of('signed', ['new'])],
            'token' => [['sessions.cookie' => 'token'], CookieForm::of('token')],
        ];
    }

    public function testACookieWithAWrongSignatureIsNoSession(): void
    {
        $settings = ['sessions.cookie' => 'signed', 'sessions.secret' => ['new']];
        $site = new Site(['session.unencrypted' => ['laravel_session']] + $settings);
        $site->cookies['laravel_session'] = $forged = CookieForm::of('signed', 'other')->draw();
        $site->request(static fn (Request $request) => $request->session()->put('a', 1));
        self::assertNotSame($forged, $site->cookies['laravel_session']);
    }

    /** @dataProvider guards */
    public function testTheUserIsThatOfTheGuard(array $data, string|int|null $id): void
    {
        self::assertSame($id, GuardId::of('web')($data));
    }

    /** @return array<string, array{array<mixed>, string|int|null}> */
    public static function guards(): array
    {
        $hash = sha1('Illuminate\Auth\SessionGuard');
        return [
            'a number' => [["login_web_$hash" => 7], 7],
            'a text' => [["login_web_$hash" => 'a7'], 'a7'],
            'another guard' => [["login_admin_$hash" => 7], null],
            'another key' => [['login_web_page' => 7, 0 => 1], null],
            'nobody' => [[], null],
        ];
    }

    public function testInAClusterSessionsAreNobodys(): void
    {
        $site = new Site([
            'database.redis.default' => null,
            'database.redis.clusters.default' => [['host' => '127.0.0.1', 'port' => 1]],
        ]);
        $keeper = (new Settings($site->application()))->keeper();
        self::assertNull($keeper->ownerOf(['login_web_' . sha1('Illuminate\Auth\SessionGuard') => 7]));
    }

    /** Laravel 9 and newer give and take JSON. */
    public function testTheTextOfLaterVersionsIsJson(): void
    {
        $client = Clients::connect('phpredis', Server::shared());
        $keeper = new Keeper($client, Clients::newApp(), new Options());
        $handler = new SessionHandler($keeper, CookieForm::of('sha256'), Serialization::Json);
        $id = str_repeat('a', 40);
        self::assertSame('', $handler->read($id));
        $handler->write($id, '{"a":{"b":1},"_flash":{"old":[],"new":[]}}');
        self::assertSame('{"a":{"b":1},"_flash":{"old":[],"new":[]}}', $handler->read($id));

        // As Laravel has it after reading and writing it once.
        $token = hash('sha256', $id);
        $client->rawCommand('SESSIONS.SET', $keeper->sessions()->app, $token, '{"float":1.0,"empty":{}}');
        self::assertSame('{"a":{"b":1},"_flash":{"old":[],"new":[]},"float":1,"empty":[]}', json_encode(
            json_decode($handler->read($id), true),
        ));
        $handler->write($id, '{"a":{"b":2},"_flash":{"old":[],"new":[]},"float":1,"empty":[]}');
        $text = $client->hGet("rs:{$keeper->sessions()->app}:$token", 'd');
        self::assertSame('{"a":{"b":2},"_flash":{"old":[],"new":[]},"float":1.0,"empty":{}}', $text);

        $handler->read($id);
        $handler->setExists(false);
        $new = str_repeat('b', 40);
        $handler->write($new, '{"a":{"b":3},"_flash":{"old":[],"new":[]},"float":1,"empty":[]}');
        $text = $client->hGet("rs:{$keeper->sessions()->app}:" . hash('sha256', $new), 'd');
        self::assertSame('{"a":{"b":3},"_flash":{"old":[],"new":[]},"float":1.0,"empty":{}}', $text);

        $this->expectExceptionMessage('Laravel cannot serialize it');
        $handler->write($id, '');
    }
}
