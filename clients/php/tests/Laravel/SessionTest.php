<?php

// A Laravel site over the driver `sessions`: what is stored, and what requests at once do to each
// other.

declare(strict_types=1);

namespace SessionsForRedis\Tests\Laravel;

use Illuminate\Http\Request;
use Illuminate\Support\MessageBag;
use Illuminate\Support\ViewErrorBag;
use SessionsForRedis\Exceptions\InvalidDataException;
use SessionsForRedis\Exceptions\SessionsException;
use SessionsForRedis\Laravel\SessionHandler;
use SessionsForRedis\Stores\CookieForm;
use SessionsForRedis\Stores\Keeper;
use SessionsForRedis\Stores\Options;
use SessionsForRedis\Tests\Support\Clients;
use SessionsForRedis\Tests\Support\HookedRedis;
use SessionsForRedis\Tests\Support\Server;

final class SessionTest extends Laravel
{
    private static function puts(string $name, mixed $value): \Closure
    {
        return static fn (Request $request) => $request->session()->put($name, $value);
    }

    private static function gets(string $name): \Closure
    {
        return static fn (Request $request) => $request->session()->get($name);
    }

    public function testWhatOneRequestStoresTheNextReads(): void
    {
        $site = new Site();
        $values = ['text' => 'äöü €', 'number' => 1.5, 'list' => [1, 2], 'map' => ['a' => null], 'yes' => true];
        $site->request(static fn (Request $request) => $request->session()->put($values));
        self::assertSame($values, $site->request(static fn (Request $r) => $r->session()->only(array_keys($values))));
    }

    public function testTheDataAreJsonUnderTheHashOfTheSessionId(): void
    {
        $site = new Site();
        $site->request(self::puts('cart', ['apple' => 2]));
        $stored = $site->commands()->peek(hash('sha256', (string) $site->id()));
        self::assertSame(['apple' => 2], $stored['d']['cart']);
        self::assertSame(7200, $stored['ttl']);
        self::assertSame(['203.0.113.7', 'Browser/1.0'], [$stored['ip'], $stored['ua']]);
        self::assertArrayNotHasKey('id', $stored);
    }

    public function testARequestThatChangesNothingCostsOneCommand(): void
    {
        $site = new Site();
        $site->request(self::puts('a', 1));
        self::assertSame(['sessions.get' => 1], $site->server->asked(fn () => $site->request(self::gets('a'))));
        self::assertSame(
            ['sessions.get' => 1, 'sessions.set' => 1],
            $site->server->asked(fn () => $site->request(self::puts('a', 2))),
        );
    }

    public function testNumbersAndObjectsThatAnotherLanguageWroteStayAsTheyAre(): void
    {
        $site = new Site();
        $site->request(self::puts('a', 1));
        $token = hash('sha256', (string) $site->id());
        $json = '{"float":1.0,"long":12345678901234567890,"empty":{},"mixed":{"x":{},"y":1.0}}';
        Clients::connect('phpredis', $site->server)->rawCommand('SESSIONS.SET', $site->app, $token, $json);
        $site->request(self::puts('a', 2));
        $text = Clients::connect('phpredis', $site->server)->hGet("rs:{$site->app}:$token", 'd');
        foreach (['"float":1.0', '"long":12345678901234567890', '"empty":{}', '"mixed":{"x":{},"y":1.0}'] as $kept) {
            self::assertStringContainsString($kept, $text);
        }
    }

    public function testTwoRequestsAtOnceLoseNothing(): void
    {
        $site = new Site();
        $site->request(self::puts('start', 1));
        $slow = $site->begin();
        $site->request(self::puts('fast', 1));
        $slow->finish(self::puts('slow', 1));
        $names = ['start', 'fast', 'slow'];
        self::assertSame([1, 1, 1], array_map(fn (string $name) => $site->request(self::gets($name)), $names));
    }

    public function testSeveralFirstRequestsOfACookieThatNamesNothingLoseNothing(): void
    {
        $site = new Site();
        $site->request(self::puts('a', 1));
        $site->commands()->killAll();
        $one = $site->begin();
        $other = $site->begin();
        $one->finish(self::puts('one', 1));
        $other->finish(self::puts('other', 1));
        self::assertSame([null, 1, 1], array_map(
            fn (string $name) => $site->request(self::gets($name)),
            ['a', 'one', 'other'],
        ));
    }

    public function testAVisitorsFirstRequestChangesNothingOfAUserWhoHasTheId(): void
    {
        $site = new Site();
        $site->request(self::puts('a', 1));
        $token = hash('sha256', (string) $site->id());
        $site->commands()->killAll();
        $slow = $site->begin();
        $site->commands()->save($token, ['cart' => 3], ['id' => 'u1']);
        $slow->finish(self::puts('slow', 1));
        self::assertSame(['cart' => 3], $site->stored()['d']);
    }

    public function testASlowRequestDoesNotBringASessionBackThatHasEnded(): void
    {
        $site = new Site();
        $site->request(self::puts('a', 1));
        $slow = $site->begin();
        $site->commands()->killAll();
        $slow->finish(self::puts('slow', 1));
        self::assertSame(0, $site->commands()->count());
        self::assertNull($site->request(self::gets('a')));
    }

    public function testASessionThatHasEndedIsAnErrorOnDemand(): void
    {
        $site = new Site(['sessions.ended' => 'error']);
        $site->request(self::puts('a', 1));
        $slow = $site->begin();
        $site->commands()->killAll();
        $this->expectException(SessionsException::class);
        $this->expectExceptionCode('ENDED');
        $slow->finish(self::puts('slow', 1));
    }

    public function testFlashedDataLiveForOneMoreRequest(): void
    {
        $site = new Site();
        $site->request(static fn (Request $request) => $request->session()->flash('status', 'saved'));
        self::assertSame('saved', $site->request(self::gets('status')));
        self::assertNull($site->request(self::gets('status')));
        self::assertArrayNotHasKey('status', $site->stored()['d']);
    }

    public function testTheCsrfTokenAndThePreviousPageStay(): void
    {
        $site = new Site();
        $token = $site->request(static fn (Request $request) => $request->session()->token(), path: '/form');
        $session = static fn (Request $r): array => [$r->session()->token(), $r->session()->previousUrl()];
        self::assertSame([$token, 'http://site.test/form'], $site->request($session, 'POST'));
    }

    public function testTheErrorsOfAFormAreStoredAsLaterVersionsDo(): void
    {
        $site = new Site();
        $site->request(static function (Request $request): void {
            $errors = new ViewErrorBag();
            $request->session()->flash('errors', $errors->put('default', new MessageBag(['name' => ['too short']])));
        });
        $stored = ['default' => ['format' => ':message', 'messages' => ['name' => ['too short']]]];
        self::assertSame($stored, $site->stored()['d']['errors']);
        $first = static fn (Request $request): string => $request->session()->get('errors')->first('name');
        self::assertSame('too short', $site->request($first));
    }

    /** @dataProvider refused */
    public function testWhatJsonCannotHoldIsRefusedByName(mixed $value, string $message): void
    {
        $this->expectException(InvalidDataException::class);
        $this->expectExceptionMessage($message);
        (new Site())->request(self::puts('cart', ['item' => $value]));
    }

    /** @return array<string, array{mixed, string}> */
    public static function refused(): array
    {
        return [
            'an object' => [new \ArrayObject(), 'cart.item is an object of the class ArrayObject'],
            'text that is no UTF-8' => ["\xff", 'cart.item is text that is not UTF-8'],
            'an infinite number' => [INF, 'cart.item is INF'],
        ];
    }

    public function testAnIdExchangedWithoutAnEndStaysForRequestsUnderWay(): void
    {
        $site = new Site();
        $site->request(self::puts('a', 1));
        $old = hash('sha256', (string) $site->id());
        $site->request(static fn (Request $request) => $request->session()->regenerate());
        $left = $site->commands()->peek($old);
        self::assertLessThanOrEqual(time() + 10, $left['until']);
        self::assertSame(1, $site->request(self::gets('a')));
    }

    public function testAnIdExchangedTwiceKeepsTheData(): void
    {
        $site = new Site();
        $site->request(self::puts('a', 1));
        foreach ([[true, true], [true, false], [false, true], [false, false]] as $destroys) {
            $old = hash('sha256', (string) $site->id());
            $site->request(static function (Request $request) use ($destroys): void {
                array_map(static fn (bool $destroy) => $request->session()->regenerate($destroy), $destroys);
            });
            self::assertSame(1, $site->request(self::gets('a')), json_encode($destroys));
            $isLeft = $site->commands()->exists($old);
            self::assertSame($destroys === [false, false], $isLeft, json_encode($destroys));
        }
    }

    public function testAnInvalidationAfterANewIdEndsTheSession(): void
    {
        $site = new Site();
        $site->request(self::puts('a', 1));
        $site->request(static function (Request $request): void {
            $request->session()->regenerate();
            $request->session()->invalidate();
        });
        self::assertNull($site->request(self::gets('a')));
        self::assertSame(1, $site->commands()->count());
    }

    public function testTheAbsoluteEndIsNotMovedByANewId(): void
    {
        $site = new Site(['sessions.lifetime' => 600]);
        $site->request(self::puts('a', 1));
        $token = static fn (): string => hash('sha256', (string) $site->id());
        $until = $site->commands()->set($token(), [], ['lifetime' => 300])['until'];
        foreach ([true, false] as $destroy) {
            $site->request(static fn (Request $request) => $request->session()->regenerate($destroy));
            self::assertEqualsWithDelta($until, $site->commands()->peek($token())['until'], 2);
        }
    }

    public function testASessionThatEndsWhileItsIdChangesDoesNotComeBack(): void
    {
        $client = new HookedRedis();
        $client->connect(Server::shared()->socket());
        $keeper = new Keeper($client, Clients::newApp(), new Options());
        $handler = new SessionHandler($keeper, CookieForm::of('sha256'));
        [$old, $new] = [str_repeat('a', 40), str_repeat('b', 40)];
        $keeper->sessions()->save(hash('sha256', $old), ['cart' => 3]);
        $handler->read($old);
        $client->before['SESSIONS.KILL'] = static fn () => $keeper->sessions()->kill(hash('sha256', $old));
        $handler->destroy($old);
        $handler->write($new, '{"cart":3,"b":2}');
        self::assertSame(['b' => 2], $keeper->sessions()->peek(hash('sha256', $new))['d']);
    }

    public function testAWorkerGivesNothingOfOneRequestToTheNext(): void
    {
        $site = new Site();
        $handler = $site->application()->make('session')->driver()->getHandler();
        [$users, $next, $drawn] = array_map(static fn (string $letter) => str_repeat($letter, 40), ['a', 'b', 'c']);
        $site->commands()->save(hash('sha256', $users), ['a' => 1], ['id' => 'u1']);
        $handler->read($users);
        $handler->destroy($users);
        $handler->read($next);
        $handler->write($drawn, $handler->serialization->text(['b' => 2]));
        $stored = $site->commands()->peek(hash('sha256', $drawn));
        self::assertSame([['b' => 2], null], [$stored['d'], $stored['id'] ?? null]);
    }

    public function testAWorkerServesOneRequestAfterTheOther(): void
    {
        $site = new Site();
        $handler = $site->application()->make('session')->driver()->getHandler();
        $ids = [str_repeat('a', 40), str_repeat('b', 40)];
        foreach ([1, 2] as $round) {
            foreach ($ids as $id) {
                $handler->read($id);
                $handler->write($id, $handler->serialization->text(['round' => $round, 'of' => $id[0]]));
            }
        }
        foreach ($ids as $id) {
            $stored = $site->commands()->peek(hash('sha256', $id));
            self::assertSame(['round' => 2, 'of' => $id[0]], $stored['d']);
        }
    }

    public function testKeysOfDigitsKeepTheirNames(): void
    {
        $site = new Site();
        $site->request(static fn (Request $request) => $request->session()->put('a', 1));
        $data = ['12' => 'twelve', '7' => ['seven']];
        $site->commands()->set(hash('sha256', (string) $site->id()), $data);
        $site->request(static fn (Request $request) => $request->session()->put('a', 2));
        self::assertSame($data, array_filter($site->stored()['d'], is_int(...), ARRAY_FILTER_USE_KEY));
    }
}
