<?php

// Log-ins to a Symfony site: which user a session belongs to, by the token storage.

declare(strict_types=1);

namespace SessionsForRedis\Tests\Symfony;

use PHPUnit\Framework\TestCase;

final class UsersTest extends TestCase
{
    protected function setUp(): void
    {
        Site::with()->commands()->killAll();
    }

    private static function loggedIn(string $user = 'u1', array $settings = []): Browser
    {
        $browser = new Browser(Site::with($settings));
        $browser->play(['set', 'cart', 3]);
        $browser->play(['logIn', $user]);
        return $browser;
    }

    private static function devices(string $user = 'u1'): int
    {
        return Site::with()->commands()->countSoid($user);
    }

    public function testALogInMakesANewSessionOfTheUserAndEndsTheVisitors(): void
    {
        $browser = new Browser(Site::with());
        $browser->play(['set', 'cart', 3]);
        $visitor = $browser->token();
        $browser->play(['logIn', 'u1']);
        self::assertNull(Site::with()->commands()->peek($visitor));
        $stored = $browser->stored();
        self::assertSame(['u1', '203.0.113.7', 'test'], [$stored['id'], $stored['ip'], $stored['ua']]);
        self::assertSame(['u1', 3], [$browser->play(['user']), $browser->play(['get', 'cart'])]);
        self::assertSame(1, Site::with()->commands()->count());
    }

    public function testTheUsersEndOfTheSessionStays(): void
    {
        $browser = self::loggedIn();
        self::assertSame(1, self::devices());
        $browser->play(['logOut']);
        self::assertSame(0, Site::with()->commands()->count());
        self::assertNull($browser->session);
        self::assertNull($browser->play(['user']));
    }

    public function testALogOutAfterANewIdEndsTheSession(): void
    {
        foreach ([true, false] as $destroy) {
            $browser = self::loggedIn();
            $browser->play(['set', 'a', 1], ['migrate', $destroy], ['logOut']);
            self::assertSame(0, Site::with()->commands()->count());
        }
    }

    public function testALogOutDuringASlowRequestStays(): void
    {
        $browser = self::loggedIn();
        $slow = $browser->hold(['user'], ['set', 'slow', 1]);
        $browser->play(['logOut']);
        $slow();
        self::assertSame(0, Site::with()->commands()->count());
    }

    public function testALogInDuringASlowRequestKeepsBoth(): void
    {
        $browser = self::loggedIn();
        $slow = $browser->hold(['user'], ['migrate', true], ['set', 'slow', 1]);
        $browser->play(['set', 'fast', 1]);
        $slow();
        self::assertSame([1, 1], [$browser->play(['get', 'fast']), $browser->play(['get', 'slow'])]);
        self::assertSame(['u1', 1], [$browser->stored()['id'], self::devices()]);
    }

    public function testAUserWhomTheFirewallNoLongerKnowsLeavesAVisitor(): void
    {
        $browser = self::loggedIn();
        $site = Site::with()->commands();
        $site->set($browser->token(), ['_security_main' => null]);
        $browser->play(['set', 'cart', 4]);
        self::assertSame(1, self::devices(), 'absent both times: another language may keep the user elsewhere');

        $gone = self::loggedIn('stranger');
        $gone->play(['get', 'cart']);
        self::assertSame([0, 3], [self::devices('stranger'), $gone->play(['get', 'cart'])]);
    }

    public function testAnImpersonatedUsersSessionStaysTheAdministrators(): void
    {
        $browser = self::loggedIn('admin');
        $browser->play(['user'], ['impersonate', 'u2']);
        self::assertSame(['u2', 'admin'], [$browser->play(['user']), $browser->stored()['id']]);
        self::assertSame(0, self::devices('u2'));
    }

    public function testAPageWithoutFirewallLeavesTheUser(): void
    {
        $settings = ['app' => 'shared'];
        $browser = self::loggedIn('u1', $settings);
        $public = new Browser(Site::with($settings, 'none'));
        $public->session = $browser->session;
        $public->play(['set', 'cart', 4]);
        $public->play(['remove', '_security_main']);
        self::assertSame('u1', $public->stored()['id']);
    }

    public function testASessionThatIsInvalidatedIsNobodysWhoeverHadLoggedIn(): void
    {
        $settings = ['app' => 'elsewhere'];
        $browser = new Browser(Site::with($settings, 'none'));
        $browser->play(['set', 'cart', 3]);
        $sessions = Site::with($settings)->commands();
        $sessions->save($browser->token(), ['passport' => 'u1'], ['id' => 'u1']);
        $browser->play(['all'], ['migrate', true], ['set', 'seen', 1]);
        self::assertSame(['u1', 1], [$browser->stored()['id'], $sessions->countSoid('u1')]);
        $browser->play(['all'], ['invalidate'], ['set', 'lang', 'de']);
        self::assertSame([['lang' => 'de'], 0], [$browser->stored()['d'], $sessions->countSoid('u1')]);
    }

    public function testAUserEndsTheOtherDevices(): void
    {
        [$phone, $stranger, $browser] = [self::loggedIn(), self::loggedIn('u2'), self::loggedIn()];
        self::assertContains($browser->play(['sid']), $browser->play(['sids', 'u1']));
        self::assertSame(1, $browser->play(['endOthers']));
        self::assertSame(['u1', null, 'u2'], [
            $browser->play(['user']), $phone->play(['user']), $stranger->play(['user']),
        ]);
    }

    public function testAnOperatorEndsOneSessionOrAll(): void
    {
        [$phone, $browser, $admin] = [self::loggedIn(), self::loggedIn(), self::loggedIn('admin')];
        self::assertSame(1, $admin->play(['endAll', 'u1', $phone->play(['sid'])]));
        self::assertSame([null, 'u1'], [$phone->play(['user']), $browser->play(['user'])]);
        self::assertSame(1, $admin->play(['endAll', 'u1']));
        self::assertNull($browser->play(['user']));
    }

    public function testASessionOfTheTimeBeforeTheListenerGetsItsUser(): void
    {
        $browser = self::loggedIn();
        $data = $browser->stored()['d'];
        $site = Site::with()->commands();
        $site->kill($browser->token());
        $site->save($browser->token(), $data, ['ttl' => 1200]);
        self::assertSame(0, self::devices());
        $browser->play(['set', 'a', 1]);
        self::assertSame(1, self::devices());
    }

    public function testALimitEndsTheLeastRecentlyActiveSession(): void
    {
        $settings = ['max' => 1];
        [$first, $second] = [self::loggedIn('u1', $settings), self::loggedIn('u1', $settings)];
        self::assertSame([null, 'u1'], [$first->play(['user']), $second->play(['user'])]);
    }

    public function testTheAbsoluteEndIsNotMovedByANewId(): void
    {
        $browser = self::loggedIn('u1', ['lifetime' => 600]);
        $stored = $browser->stored();
        Site::with(['lifetime' => 600])->commands()->set($browser->token(), [], ['lifetime' => 300]);
        $until = $browser->stored()['until'];
        self::assertLessThan($stored['until'], $until);
        $browser->play(['migrate', true], ['get', 'cart']);
        self::assertEqualsWithDelta($until, $browser->stored()['until'], 2);
    }
}
