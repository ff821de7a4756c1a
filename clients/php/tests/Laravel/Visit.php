<?php

// A request to a Laravel site that can be paused between reading its session and its end, so that
// other requests run during the pause.

declare(strict_types=1);

namespace SessionsForRedis\Tests\Laravel;

use Illuminate\Cookie\Middleware\EncryptCookies;
use Illuminate\Http\Request;
use Illuminate\Http\Response;
use Illuminate\Session\Middleware\StartSession;

final class Visit
{
    private readonly \Fiber $fiber;

    public function __construct(
        private readonly Site $site,
        private readonly Application $application,
        private readonly Request $request,
    ) {
        $this->fiber = new \Fiber(fn () => $this->run());
        $this->fiber->start();
    }

    private function run(): mixed
    {
        $result = null;
        $middleware = new EncryptCookies($this->application->make('encrypter'));
        $middleware->disableFor($this->application->make('config')->get('session.unencrypted', []));
        $session = $this->application->make(StartSession::class);
        $action = function (Request $request) use (&$result): Response {
            $act = \Fiber::suspend();
            $result = $act($request, $this->application);
            return new Response('');
        };
        $response = $middleware->handle($this->request, static fn (Request $r) => $session->handle($r, $action));
        $this->site->keep($response);
        return $result;
    }

    /** @param callable(Request, Application): mixed $action */
    public function finish(callable $action): mixed
    {
        $this->fiber->resume($action);
        return $this->fiber->getReturn();
    }
}
