<?php

// A Symfony site over our session handler: what is stored, and what requests at once do to each
// other.

declare(strict_types=1);

namespace SessionsForRedis\Tests\Symfony;

use PHPUnit\Framework\TestCase;
use SessionsForRedis\Stores\CookieForm;
use Symfony\Component\Security\Core\Exception\CustomUserMessageAuthenticationException;
use SessionsForRedis\Tests\Support\Clients;
use SessionsForRedis\Tests\Support\Server;

final class SessionTest extends TestCase
{
    private static function browser(array $settings = []): Browser
    {
        return new Browser(Site::with($settings));
    }

    /** Makes the last use of the session 100 seconds older. */
    private static function age(Browser $browser): void
    {
        $key = 'rs:' . Site::with()->app . ":{$browser->token()}";
        Clients::connect('phpredis', Server::shared())->hSet($key, 'la', (string) (time() - 100));
    }

    public function testEachAttributeIsAKeyOfTheDataUnderTheHashOfTheSessionId(): void
    {
        $browser = self::browser();
        $browser->play(['set', 'cart', ['apple' => 2]], ['set', 'theme', 'dark']);
        $stored = $browser->stored();
        self::assertSame(['apple' => 2], $stored['d']['cart']);
        self::assertSame(['cart', 'theme', '_sf2_meta'], array_keys($stored['d']));
        self::assertSame([1200, '203.0.113.7', 'test'], [$stored['ttl'], $stored['ip'], $stored['ua']]);
        self::assertSame('dark', $browser->play(['get', 'theme']));
    }

    public function testARequestThatChangesNothingCostsOneCommand(): void
    {
        $browser = self::browser();
        $browser->play(['set', 'a', 1]);
        $asked = Server::shared()->asked(static fn () => $browser->play(['get', 'a']));
        self::assertSame(['sessions.get' => 1], $asked);
        $asked = Server::shared()->asked(static fn () => $browser->play(['set', 'a', 2]));
        self::assertSame(['sessions.get' => 1, 'sessions.set' => 1], $asked);
    }

    public function testAVisitorWithoutDataIsNotStored(): void
    {
        $browser = self::browser();
        self::assertSame([], $browser->play(['all']));
        self::assertNull($browser->session);
        $browser->play(['set', 'a', 1]);
        $browser->play(['remove', 'a']);
        self::assertNull($browser->session, 'the cookie of an emptied session is removed');
    }

    public function testTwoRequestsAtOnceLoseNothing(): void
    {
        $browser = self::browser();
        $browser->play(['set', 'start', 1]);
        $slow = $browser->hold(['get', 'start'], ['set', 'slow', 1]);
        $browser->play(['set', 'fast', 1]);
        $slow();
        $browser->play(['remove', 'start']);
        self::assertEquals(['fast' => 1, 'slow' => 1], $browser->play(['all']));
    }

    public function testASlowRequestDoesNotBringASessionBackThatHasEnded(): void
    {
        $browser = self::browser();
        $browser->play(['set', 'a', 1]);
        $slow = $browser->hold(['get', 'a'], ['set', 'slow', 1]);
        $token = $browser->token();
        $site = Site::with()->commands();
        self::assertTrue($site->kill($token));
        $slow();
        self::assertNull($site->peek($token));
    }

    public function testAnIdThatTheServerDoesNotKnowIsReplaced(): void
    {
        $browser = self::browser();
        $browser->session = 'planted0planted0planted0planted0';
        $browser->play(['set', 'a', 1]);
        self::assertNotSame('planted0planted0planted0planted0', $browser->session);
    }

    public function testANewIdEndsTheOldOne(): void
    {
        $browser = self::browser();
        $browser->play(['set', 'a', 1]);
        $old = $browser->token();
        $browser->play(['migrate', true], ['set', 'b', 2]);
        self::assertNotSame($old, $browser->token());
        self::assertNull(Site::with()->commands()->peek($old));
        self::assertEquals(['a' => 1, 'b' => 2], $browser->play(['all']));
    }

    public function testAnOldIdThatIsNotDestroyedStaysForRequestsUnderWay(): void
    {
        $browser = self::browser();
        $browser->play(['set', 'a', 1]);
        $old = $browser->token();
        $browser->play(['set', 'b', 2], ['migrate', false]);
        $left = Site::with()->commands()->peek($old);
        self::assertLessThanOrEqual(time() + 10, $left['until']);
        self::assertEquals(['a' => 1, 'b' => 2], $browser->play(['all']));
        self::assertNotSame($old, $browser->token());
    }

    public function testANewIdWithAnotherLifetimeOfTheCookieKeepsTheData(): void
    {
        $browser = self::browser();
        $browser->play(['set', 'a', 1]);
        $old = $browser->token();
        $browser->play(['set', 'b', 2], ['migrate', true, 3600]);
        self::assertNull(Site::with()->commands()->peek($old));
        self::assertEquals(['a' => 1, 'b' => 2], $browser->play(['all']));
    }

    public function testASlowRequestWithANewIdDoesNotBringASessionBack(): void
    {
        $browser = self::browser();
        $browser->play(['set', 'a', 1]);
        $slow = $browser->hold(['get', 'a'], ['migrate', true], ['set', 'b', 2], ['migrate', true]);
        Site::with()->commands()->kill($browser->token());
        $slow();
        self::assertEquals(['b' => 2], $browser->play(['all']));
    }

    public function testASessionCanBeSavedAndChangedAgain(): void
    {
        $browser = self::browser();
        $browser->play(['set', 'a', 1], ['save'], ['set', 'b', 2], ['save'], ['migrate', true], ['set', 'c', 3]);
        self::assertEquals(['a' => 1, 'b' => 2, 'c' => 3], $browser->play(['all']));
    }

    public function testFlashesAreShownOnce(): void
    {
        $browser = self::browser();
        $browser->play(['flash', 'saved'], ['set', 'a', 1]);
        self::assertSame(['info' => ['saved']], $browser->play(['flashes']));
        self::assertSame([], $browser->play(['flashes']));
    }

    public function testTheTimesOfTheSessionAreKnown(): void
    {
        $browser = self::browser();
        $browser->play(['set', 'a', 1]);
        $begin = $browser->stored()['created'];
        self::age($browser);
        $asked = Server::shared()->asked(static function () use ($browser, &$created, &$used): void {
            [$created, $used] = $browser->play(['meta']);
        });
        self::assertSame(['sessions.get' => 1], $asked, 'the time of the last use is not a change');
        self::assertEqualsWithDelta($begin, $created, 1);
        self::assertEqualsWithDelta(time() - 100, $used, 2);
    }

    public function testASessionThatAnotherLanguageWroteIsRead(): void
    {
        $site = Site::with();
        $browser = new Browser($site);
        $browser->session = bin2hex(random_bytes(16));
        $site->commands()->save($browser->token(), ['cart' => 3], ['ttl' => 1200]);
        self::age($browser);
        $asked = Server::shared()->asked(static fn () => self::assertSame(['cart' => 3], $browser->play(['all'])));
        self::assertSame(['sessions.get' => 1], $asked);
        $browser->play(['set', 'cart', 4]);
        self::assertSame(4, $browser->stored()['d']['cart']);

        $token = $browser->token();
        $site->commands()->save($token, [], ['ttl' => 1200]);
        self::assertSame([], $browser->play(['all']));
        self::assertNotNull($site->commands()->peek($token), 'Symfony removes the cookie, the session stays');
    }

    public function testOtherBagsHavePlacesOfTheirOwn(): void
    {
        // The firewall has started the session already.
        $browser = new Browser(Site::with([], 'none'));
        $browser->play(['bag', 1], ['set', 'a', 5]);
        self::assertSame(1, $browser->play(['bag', 2]));
        self::assertSame(['a' => 2], $browser->stored()['d']['_bag:_other']);
    }

    public function testWhatJsonCannotHoldIsRefusedByName(): void
    {
        $browser = self::browser();
        try {
            $browser->play(['setObject', 'cart']);
            self::fail('an object was stored');
        } catch (\RuntimeException $exception) {
            self::assertStringContainsString('cart is an object of the class ArrayObject', $exception->getMessage());
        }
        $this->expectExceptionMessage('cart is text that is not UTF-8');
        self::browser()->play(['setBytes', 'cart']);
    }

    public function testNoObjectIsMadeOfStoredDataButALogInsErrorFromItsTexts(): void
    {
        $site = Site::with([]);
        $browser = new Browser($site);
        $browser->play(['blockLogIn']);
        $class = CustomUserMessageAuthenticationException::class;
        self::assertSame([$class, 'Account is locked.', []], $browser->play(['errorIs']));
        $stored = $browser->stored()['d']['_security.last_error'];
        self::assertStringNotContainsString('secret', json_encode($stored), 'nothing of the user');
        $text = 'O:11:"ArrayObject":4:{i:0;i:0;i:1;a:0:{}i:2;a:0:{}i:3;N;}';
        $planted = [
            ['$php' => base64_encode($text)],
            ['$base64' => base64_encode($text)],
            ['$error' => $text],
            ['$error' => ['message' => ['$php' => $text], 'key' => [$text], 'data' => ['x' => [$text]]]],
            $text,
        ];
        $form = CookieForm::of('sha256');
        foreach ($planted as $n => $value) {
            $browser = new Browser($site);
            $browser->session = $form->draw();
            $site->commands()->save((string) $form->token($browser->session), ['_security.last_error' => $value]);
            $found = $browser->play(['errorIs']);
            self::assertStringNotContainsString('ArrayObject', (string) ($found[1] ?? ''), "value $n");
            self::assertContains($found[0], [$class, $value, $text], "value $n");
        }
    }

    public function testASealedFirewallTakesNoUserThatAnotherProgramHasWritten(): void
    {
        $site = Site::with(['seal' => 'secret of the site']);
        $browser = new Browser($site);
        $browser->play(['logIn', 'u1']);
        self::assertSame('u1', $browser->play(['user']));
        $sealed = $browser->stored()['d']['_security_main'];
        $text = (string) base64_decode($sealed['$base64']);
        $planted = [
            $text,
            ['$base64' => $sealed['$base64']],
            ['$seal' => str_repeat('0', 64)] + $sealed,
            ['$seal' => ''] + $sealed,
            ['$seal' => [$sealed['$seal']]] + $sealed,
        ];
        $form = CookieForm::of('sha256');
        foreach ([...$planted, $sealed] as $n => $value) {
            $other = new Browser($site);
            $other->session = $form->draw();
            $site->commands()->save((string) $form->token($other->session), ['_security_main' => $value, 'cart' => 3]);
            self::assertSame($n < count($planted) ? null : 'u1', $other->play(['user']), "value $n");
            self::assertSame(3, $other->play(['get', 'cart']));
        }
    }

    public function testTheFirewallsErrorsAreObjects(): void
    {
        $browser = self::browser();
        $browser->play(['failLogIn']);
        self::assertSame('wrong password', $browser->play(['lastError']));
        $browser->play(['setBytes', '_security_bytes'], ['remove', '_security.last_error']);
        self::assertEqualsCanonicalizing(['_security_bytes', '_sf2_meta'], array_keys($browser->stored()['d']));
    }

    /** @dataProvider forms */
    public function testACookieOfAnotherLanguageOpensItsSession(array $settings, CookieForm $form): void
    {
        $site = Site::with($settings);
        $browser = new Browser($site);
        $browser->session = $form->draw();
        $site->commands()->save((string) $form->token($browser->session), ['cart' => 3]);
        self::assertSame(3, $browser->play(['get', 'cart']));
        $other = new Browser($site);
        $other->play(['set', 'cart', 4]);
        self::assertSame(4, $site->commands()->peek((string) $form->token((string) $other->session))['d']['cart']);
    }

    /** @return array<string, array{array<string, mixed>, CookieForm}> */
    public static function forms(): array
    {
        $secret = ['proxy' => true, 'cookie' => 'signed', 'secret' => 'secret'];
        return [
            'sha256' => [[], CookieForm::of('sha256')],
            'signed' => [$secret, CookieForm::of('signed', 'secret')],
            'token' => [['proxy' => true, 'cookie' => 'token'], CookieForm::of('token')],
        ];
    }
}
