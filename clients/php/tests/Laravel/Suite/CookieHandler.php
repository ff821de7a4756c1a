<?php

declare(strict_types=1);

namespace SessionsForRedis\Tests\Laravel\Suite;

use Illuminate\Session\CookieSessionHandler;

/** The one test with a handler of another kind. */
final class CookieHandler extends CookieSessionHandler
{
    use Expected;

    public function setRequest($request)
    {
        $this->expected('setRequest')->called();
    }
}
